#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/blocks/metrics/chunk_table.h"
#include "adapters/blocks/statement.h"
#include "adapters/postgres/signal.h"

namespace gnomon::postgres {

// The tables of metrics in a schema, and their counters in the order of this.
SignalTables metrics_tables();
inline constexpr size_t kErasures = 0;   // how often series were forgotten
inline constexpr size_t kSeriesEnd = 1;  // ids below are given

inline const blocks::ChunkTable& table_of(bool days) {
  return days ? blocks::kDayChunks : blocks::kWindowChunks;
}
// The part of a chunk table that holds a window: chunk_19000 has the windows of day 19000,
// day_chunk_19000 that day.
int64_t part_of(const blocks::ChunkTable& table, int64_t window);
std::string part_name(const std::string& schema, const blocks::ChunkTable& table, int64_t part);
// Windows [first, end) of a part.
struct Windows {
  int64_t first;
  int64_t end;
};
Windows windows_of_part(const blocks::ChunkTable& table, int64_t part);

// Rows (page, data) of some pages of one window; `pages` are series numbers divided by the table's
// page_series, ascending. Windows and pages stand in the text: there is nothing to bind.
std::string read_pages(const std::string& schema, const blocks::ChunkTable& table, int64_t window,
                       std::span<const uint32_t> pages);
// What is read of `table` for these series and one window when nothing is in memory.
std::vector<blocks::Statement> read_pages(const std::string& schema,
                                          const blocks::ChunkTable& table, int64_t window,
                                          std::span<const storage::SeriesId> ids);

}  // namespace gnomon::postgres
