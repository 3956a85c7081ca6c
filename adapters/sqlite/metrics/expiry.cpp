#include "adapters/sqlite/metrics/expiry.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "adapters/blocks/series_block.h"
#include "adapters/sqlite/metrics/chunk_rows.h"
#include "adapters/sqlite/schema.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::sqlite {
namespace {

using storage::SeriesId;

constexpr uint32_t kDeleteSeries = 4096;  // rows deleted in one transaction
constexpr size_t kRewriteBytes = 2u << 20;
constexpr size_t kBlockSeries = 4096;

}  // namespace

// Sets the marks of the series that have a row; returns how many rows there are.
Result<uint64_t> Expiry::mark_series(const blocks::ChunkTable& table, int64_t window,
                                     Marks& marks) {
  TRY(Connection connection, Connection::open(state_.database.path(), Connection::Mode::ReadOnly));
  TRY(Query query, connection.prepare("SELECT key FROM " + std::string(table.name) +
                                      " WHERE key BETWEEN ?1 AND ?2 ORDER BY key"));
  query.bind(1, blocks::chunk_key(window, 0)).bind(2, blocks::chunk_key(window, UINT32_MAX));
  uint64_t rows = 0;
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return rows;
    ++rows;
    const uint32_t series = blocks::series_of_key(query.integer(0));
    if (series >= marks.size()) marks.resize(series + size_t{1}, false);
    marks[series] = true;
  }
}

Result<void> Expiry::delete_window(const blocks::ChunkTable& table, int64_t window) {
  const std::string text =
      "DELETE FROM " + std::string(table.name) + " WHERE key BETWEEN ?1 AND ?2";
  for (uint64_t first = 0; first < state_.series_end(); first += kDeleteSeries) {
    TRY_VOID(state_.database.transact([&](Connection& connection) -> Result<void> {
      TRY(Query query, connection.prepare(text));
      query.bind(1, blocks::chunk_key(window, static_cast<uint32_t>(first)));
      query.bind(2, blocks::chunk_key(window, static_cast<uint32_t>(first + kDeleteSeries - 1)));
      return query.run();
    }));
  }
  state_.cache.invalidate(table, window);
  return {};
}

Result<void> Expiry::expire_before(int64_t time_ms) {
  const blocks::SealedWindowsPtr layout = state_.sealed_windows.get();
  blocks::SealedWindows kept = *layout;
  std::vector<std::pair<const blocks::ChunkTable*, int64_t>> gone;
  const auto split = [&](const blocks::ChunkTable& table, std::vector<int64_t>& windows) {
    std::erase_if(windows, [&](int64_t window) {
      if ((window + 1) * table.window_ms > time_ms) return false;
      gone.emplace_back(&table, window);
      return true;
    });
  };
  split(blocks::kWindowChunks, kept.windows);
  split(blocks::kDayChunks, kept.days);
  if (gone.empty()) return {};
  Marks marks;
  uint64_t rows = 0;
  for (const auto& [table, window] : gone) {
    TRY(const uint64_t here, mark_series(*table, window, marks));
    rows += here;
  }
  state_.sealed_windows.set(std::move(kept));
  for (const auto& [table, window] : gone) TRY_VOID(delete_window(*table, window));
  state_.chunk_rows -= std::min(rows, state_.chunk_rows.load());
  state_.sealed_min_time_ms = std::max(state_.sealed_min_time_ms.load(), time_ms);
  TRY_VOID(state_.database.transact([&](Connection& connection) -> Result<void> {
    TRY_VOID(set_meta(connection, "min_time_ms", state_.sealed_min_time_ms));
    return set_meta(connection, "chunks", static_cast<int64_t>(state_.chunk_rows.load()));
  }));
  return forget_empty(std::move(marks));
}

void Expiry::unmark_head(Marks& marks) const {
  const auto windows = state_.head.snapshot();  // held while it is walked
  for (const auto& window : *windows) {
    for (uint32_t series = 0; series < marks.size(); ++series) {
      if (marks[series] && window->has(SeriesId{series})) marks[series] = false;
    }
  }
}

Result<void> Expiry::forget_empty(Marks marks) {
  const blocks::SealedWindowsPtr layout = state_.sealed_windows.get();
  const auto any = [&] { return std::find(marks.begin(), marks.end(), true) != marks.end(); };
  unmark_head(marks);
  const auto unmark = [&](const blocks::ChunkTable& table,
                          const std::vector<int64_t>& windows) -> Result<void> {
    for (auto window = windows.rbegin(); window != windows.rend() && any(); ++window) {
      Marks present;
      TRY([[maybe_unused]] const uint64_t rows, mark_series(table, *window, present));
      for (size_t i = 0; i < std::min(marks.size(), present.size()); ++i) {
        if (present[i]) marks[i] = false;
      }
    }
    return {};
  };
  TRY_VOID(unmark(blocks::kWindowChunks, layout->windows));
  TRY_VOID(unmark(blocks::kDayChunks, layout->days));
  if (!any()) return {};
  {
    // No request between the look-up of a series and its first sample in the head.
    const std::unique_lock alone(state_.gate);
    unmark_head(marks);
    std::vector<SeriesId> ids;
    for (uint32_t i = 0; i < marks.size(); ++i) {
      if (marks[i]) ids.push_back(SeriesId{i});
    }
    state_.index.erase(ids);
  }
  return compact_series(true);
}

Result<void> Expiry::compact_series(bool always) {
  const size_t needed = state_.index.size() / kBlockSeries + 1;
  return state_.database.transact([&](Connection& connection) -> Result<void> {
    TRY(const int64_t blocks, connection.integer("SELECT count(*) FROM series"));
    if (!always && static_cast<size_t>(blocks) < 2 * needed + 16) return {};
    TRY_VOID(connection.run("DELETE FROM series"));
    TRY(Query insert, connection.prepare("INSERT INTO series(first, data) VALUES (?1, ?2)"));
    const uint32_t end = state_.series_end();
    std::vector<blocks::StoredSeries> block;
    const auto flush = [&]() -> Result<void> {
      if (block.empty()) return {};
      const std::string data = blocks::encode_series_block(block);
      insert.bind(1, static_cast<int64_t>(block.front().id)).bind_blob(2, data);
      block.clear();
      return insert.run();
    };
    for (SeriesId id : state_.ids({})) {
      if (static_cast<uint32_t>(id) >= end) break;  // stored with its first sample
      block.push_back({id, state_.index.labels(id)});
      if (block.size() == kBlockSeries) TRY_VOID(flush());
    }
    TRY_VOID(flush());
    return set_meta(connection, "next_series", end);
  });
}

Result<void> Expiry::remove(const storage::CatalogQuery& what, const std::stop_token& stop,
                            Marks& touched) {
  const std::vector<SeriesId> ids = state_.ids(what.matcher_sets);
  if (ids.empty()) return {};
  const blocks::SealedWindowsPtr layout = state_.sealed_windows.get();
  const auto each = [&](const blocks::ChunkTable& table,
                        const std::vector<int64_t>& windows) -> Result<void> {
    for (int64_t window : windows) {
      if (!table.overlaps(window, what.min_time_ms, what.max_time_ms)) continue;
      TRY_VOID(remove_from(table, window, ids, what, stop, touched));
    }
    return {};
  };
  TRY_VOID(each(blocks::kWindowChunks, layout->windows));
  TRY_VOID(each(blocks::kWindowChunks, state_.merged_windows));
  return each(blocks::kDayChunks, layout->days);
}

Result<void> Expiry::remove_from(const blocks::ChunkTable& table, int64_t window,
                                 const std::vector<SeriesId>& ids,
                                 const storage::CatalogQuery& what, const std::stop_token& stop,
                                 Marks& touched) {
  ChunkRows rows;
  model::SampleBlock block;
  const auto flush = [&] {
    const auto written = state_.database.transact(
        [&](Connection& connection) { return rows.write(connection, table); }, stop);
    rows.clear();
    state_.cache.invalidate(table, window);  // now: the next piece may fail
    return written;
  };
  for (SeriesId id : ids) {
    if (stop.stop_requested()) return base::canceled();
    const auto series = static_cast<uint32_t>(id);
    TRY(const blocks::ChunkPagePtr page, state_.cache.page(table, window, series, stop));
    const std::string_view chunks = page->chunks(series);
    if (chunks.empty()) continue;
    block.clear();
    TRY_VOID(storage::decode_chunks(chunks, model::kTimeMin, model::kTimeMax, block));
    const size_t before = block.size();
    storage::filter_samples(
        block, [&](int64_t t) { return t < what.min_time_ms || t > what.max_time_ms; });
    if (block.size() == before) continue;
    if (series >= touched.size()) touched.resize(series + size_t{1}, false);
    touched[series] = true;
    if (block.empty() && state_.chunk_rows > 0) --state_.chunk_rows;
    rows.add(blocks::chunk_key(window, series), block);
    if (rows.bytes() > kRewriteBytes) TRY_VOID(flush());
  }
  return flush();
}

}  // namespace gnomon::sqlite
