#include "adapters/sqlite/metrics/day_merger.h"

#include <algorithm>

#include "src/storage/metrics/chunk_list.h"

namespace gnomon::sqlite {
namespace {

constexpr size_t kPieceBytes = 2u << 20;

int64_t day_of(int64_t window) {
  return storage::window_of(window * storage::kWindowMs, storage::kDayMs);
}

}  // namespace

Result<bool> DayMerger::merge_one_before(int64_t time_ms) {
  const blocks::SealedWindowsPtr layout = state_.sealed_windows.get();
  if (layout->windows.empty()) return false;
  const int64_t day = day_of(layout->windows.front());
  if ((day + 1) * storage::kDayMs > time_ms) return false;
  std::vector<int64_t> windows;
  for (int64_t window : layout->windows) {
    if (day_of(window) == day) windows.push_back(window);
  }
  const bool reopened = std::binary_search(layout->days.begin(), layout->days.end(), day);
  TRY_VOID(merge(day, windows, reopened));
  blocks::SealedWindows next = *layout;
  blocks::insert_sorted(next.days, day);
  std::erase_if(next.windows, [&](int64_t window) { return day_of(window) == day; });
  state_.cache.invalidate(blocks::kDayChunks, day);
  state_.sealed_windows.set(std::move(next));
  state_.merged_windows.insert(state_.merged_windows.end(), windows.begin(), windows.end());
  return true;
}

Result<void> DayMerger::merge(int64_t day, const std::vector<int64_t>& windows, bool reopened) {
  rows_.clear();
  const auto flush = [&] {
    const auto written = state_.database.transact(
        [&](Connection& connection) { return rows_.write(connection, blocks::kDayChunks); });
    rows_.clear();
    return written;
  };
  for (uint32_t series = 0; series < state_.series_end(); ++series) {
    TRY_VOID(merge_series(day, windows, reopened, series));
    if (rows_.bytes() > kPieceBytes) TRY_VOID(flush());
  }
  return flush();
}

Result<void> DayMerger::merge_series(int64_t day, const std::vector<int64_t>& windows,
                                     bool reopened, uint32_t series) {
  block_.clear();
  const auto add = [&](const blocks::ChunkTable& table, int64_t window) -> Result<bool> {
    TRY(const blocks::ChunkPagePtr page, state_.cache.page(table, window, series, {}));
    const std::string_view chunks = page->chunks(series);
    TRY_VOID(storage::decode_chunks(chunks, model::kTimeMin, model::kTimeMax, block_));
    return !chunks.empty();
  };
  bool exists = false;
  bool changed = false;
  if (reopened) {
    TRY(exists, add(blocks::kDayChunks, day));
  }
  for (int64_t window : windows) {
    TRY(const bool any, add(blocks::kWindowChunks, window));
    changed = changed || any;
    if (any && state_.chunk_rows > 0) --state_.chunk_rows;
  }
  if (!changed) return {};
  if (!exists) ++state_.chunk_rows;
  rows_.add(blocks::chunk_key(day, series), block_);
  return {};
}

Result<void> DayMerger::delete_merged() {
  if (state_.merged_windows.empty() || !state_.sealed_windows.older_ones_gone()) return {};
  while (!state_.merged_windows.empty()) {
    TRY_VOID(expiry_.delete_window(blocks::kWindowChunks, state_.merged_windows.back()));
    state_.merged_windows.pop_back();
  }
  return {};
}

}  // namespace gnomon::sqlite
