#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "adapters/blocks/statement.h"
#include "src/storage/series_index.h"
#include "src/storage/window.h"

namespace gnomon::blocks {

// How a database spells what differs between databases.
struct Dialect {
  std::string_view name;
  std::string_view parameter_mark;  // followed by the parameter's number: ?1 or $1
};
inline constexpr Dialect kSqlite{"sqlite", "?"};

// A table of chunks: one row per series and window, key = window << 32 | series. Rows are read in
// pages of neighbouring series, so that a cold page is one range scan.
struct ChunkTable {
  std::string_view name;
  int64_t window_ms;
  uint32_t page_series;  // a power of two

  // Whether a window has times of the range.
  constexpr bool overlaps(int64_t window, int64_t min_time_ms, int64_t max_time_ms) const {
    return window * window_ms <= max_time_ms && (window + 1) * window_ms > min_time_ms;
  }
};
inline constexpr ChunkTable kWindowChunks{"chunk", storage::kWindowMs, 128};
inline constexpr ChunkTable kDayChunks{"day_chunk", storage::kDayMs, 16};

constexpr int64_t chunk_key(int64_t window, uint32_t series) {
  return static_cast<int64_t>(static_cast<uint64_t>(window) << 32 | series);
}
constexpr int64_t window_of_key(int64_t key) { return key >> 32; }
constexpr uint32_t series_of_key(int64_t key) { return static_cast<uint32_t>(key); }

// The first series of the page that holds `series`.
constexpr uint32_t first_of_page(const ChunkTable& table, uint32_t series) {
  return series & ~(table.page_series - 1);
}

// Both ends included.
struct KeyRange {
  int64_t first = 0;
  int64_t last = 0;
};

// The page of `table` that holds the chunk of `series` in `window`.
KeyRange page_range(const ChunkTable& table, int64_t window, uint32_t series);

// Rows (key, data) of a range of keys, in key order.
Statement read_chunks(const Dialect& dialect, const ChunkTable& table, KeyRange range);

// What is read of `table` for these series and windows, nothing being in memory yet: every page
// once, in key order.
std::vector<Statement> read_chunks(const Dialect& dialect, const ChunkTable& table,
                                   std::span<const int64_t> windows,
                                   std::span<const storage::SeriesId> ids);

}  // namespace gnomon::blocks
