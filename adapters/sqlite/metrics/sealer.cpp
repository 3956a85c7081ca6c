#include "adapters/sqlite/metrics/sealer.h"

#include <algorithm>

#include "adapters/sqlite/schema.h"
#include "src/storage/metrics/chunk_list.h"

namespace gnomon::sqlite {
namespace {

// One transaction's worth: a few milliseconds for the writes that wait.
constexpr uint32_t kPieceSeries = 2048;
constexpr size_t kPieceBytes = 2u << 20;

Result<void> note_progress(Connection& connection, const storage::HeadWindow& window,
                           uint32_t series) {
  TRY(Query query, connection.prepare("INSERT OR REPLACE INTO sealed(window, seq, series) "
                                      "VALUES (?1, ?2, ?3)"));
  query.bind(1, window.window()).bind(2, static_cast<int64_t>(window.last_seq())).bind(3, series);
  return query.run();
}

}  // namespace

Result<void> Sealer::seal(const Ripe& ripe, const std::stop_token& stop) {
  storage::HeadWindows frozen;
  {
    const std::lock_guard applied(state_.database.apply_mutex());
    frozen = state_.head.freeze(ripe);
  }
  for (const auto& window : frozen) TRY_VOID(seal_window(*window, stop));
  return {};
}

Result<void> Sealer::seal_window(const storage::HeadWindow& window, const std::stop_token& stop) {
  const blocks::SealedWindowsPtr layout = state_.sealed_windows.get();
  auto& merged = state_.merged_windows;
  const bool reopened =
      std::binary_search(layout->windows.begin(), layout->windows.end(), window.window()) ||
      std::find(merged.begin(), merged.end(), window.window()) != merged.end();
  const uint32_t end = window.series_end();
  uint32_t begin = 0;
  do {
    if (stop.stop_requested()) return base::canceled();
    rows_.clear();
    const uint32_t piece_begin = begin;
    while (begin < end && begin < piece_begin + kPieceSeries && rows_.bytes() < kPieceBytes) {
      const uint32_t step = std::min(end, begin + 64);
      TRY_VOID(encode_piece(window, reopened, begin, step));
      begin = step;
    }
    TRY_VOID(state_.database.transact([&](Connection& connection) -> Result<void> {
      TRY_VOID(rows_.write(connection, blocks::kWindowChunks));
      TRY_VOID(note_progress(connection, window, begin < end ? begin : UINT32_MAX));
      if (begin < end) return {};
      return finish(connection, window);
    }));
  } while (begin < end);
  std::erase(merged, window.window());  // its rows are in use again
  // In this order: a reader that does not see the window in the head any more must find its chunks.
  blocks::SealedWindows next = *state_.sealed_windows.get();
  blocks::insert_sorted(next.windows, window.window());
  state_.sealed_windows.set(std::move(next));
  state_.cache.invalidate(blocks::kWindowChunks, window.window());
  state_.head.drop(&window);
  return {};
}

Result<void> Sealer::encode_piece(const storage::HeadWindow& window, bool reopened, uint32_t begin,
                                  uint32_t end) {
  for (uint32_t series = begin; series < end; ++series) {
    const auto id = static_cast<storage::SeriesId>(series);
    if (!window.has(id)) continue;
    block_.clear();
    bool exists = false;
    if (reopened) {
      TRY(const blocks::ChunkPagePtr page,
          state_.cache.page(blocks::kWindowChunks, window.window(), series, {}));
      const std::string_view chunks = page->chunks(series);
      exists = !chunks.empty();
      TRY_VOID(storage::decode_chunks(chunks, model::kTimeMin, model::kTimeMax, block_));
    }
    TRY_VOID(window.read(id, model::kTimeMin, model::kTimeMax, block_));
    if (block_.empty()) continue;
    rows_.add(blocks::chunk_key(window.window(), series), block_);
    if (!exists) ++state_.chunk_rows;
  }
  return {};
}

uint64_t Sealer::needed_seq(const storage::HeadWindow& window) {
  const std::lock_guard applied(state_.database.apply_mutex());
  return std::min(state_.head.needed_seq(&window), state_.head.seq() + 1);
}

// The last piece also frees the log of what no other window needs.
Result<void> Sealer::finish(Connection& connection, const storage::HeadWindow& window) {
  state_.note_sealed_times(window.min_time_ms(), window.max_time_ms());
  const uint64_t needed = needed_seq(window);
  TRY(Query query, connection.prepare("DELETE FROM sealed WHERE seq < ?1"));
  query.bind(1, static_cast<int64_t>(needed));
  TRY_VOID(query.run());
  TRY_VOID(state_.database.release_log(connection, storage::Signal::Metrics, needed));
  TRY_VOID(set_meta(connection, "chunks", static_cast<int64_t>(state_.chunk_rows.load())));
  TRY_VOID(set_meta(connection, "min_time_ms", state_.sealed_min_time_ms));
  TRY_VOID(set_meta(connection, "max_time_ms", state_.sealed_max_time_ms));
  return {};
}

}  // namespace gnomon::sqlite
