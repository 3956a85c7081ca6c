#include <algorithm>
#include <string>

#include "adapters/blocks/metrics/log_record.h"
#include "adapters/blocks/series_block.h"
#include "adapters/sqlite/metrics/state.h"
#include "adapters/sqlite/schema.h"

namespace gnomon::sqlite {
namespace {

using storage::SeriesId;

// Finds the distinct windows of a table; touches a few pages per window.
Result<std::vector<int64_t>> windows_of(Connection& connection, const blocks::ChunkTable& table) {
  TRY(Query query, connection.prepare("SELECT key FROM " + std::string(table.name) +
                                      " WHERE key >= ?1 ORDER BY key LIMIT 1"));
  std::vector<int64_t> windows;
  int64_t from = INT64_MIN;
  while (true) {
    query.bind(1, from);
    TRY(const bool row, query.step());
    if (!row) return windows;
    windows.push_back(blocks::window_of_key(query.integer(0)));
    query.reset();
    from = blocks::chunk_key(windows.back() + 1, 0);
  }
}

}  // namespace

Result<void> State::load(Connection& connection) {
  TRY_VOID(load_series(connection));
  TRY_VOID(metadata_table.load(connection, metadata));
  TRY_VOID(exemplar_table.load(connection, exemplars));
  TRY_VOID(load_windows(connection));
  return load_progress(connection);
}

Result<void> State::load_series(Connection& connection) {
  TRY(Query query, connection.prepare("SELECT data FROM series ORDER BY first"));
  std::vector<blocks::StoredSeries> block;
  uint32_t end = 1;
  while (true) {
    TRY(const bool row, query.step());
    if (!row) break;
    block.clear();
    TRY_VOID(blocks::decode_series_block(query.blob(0), block));
    for (blocks::StoredSeries& series : block) {
      if (!index.restore(series.id, std::move(series.labels))) {
        return Error{ErrorKind::Internal, database.path() + " is damaged: a series is there twice"};
      }
      end = std::max(end, static_cast<uint32_t>(series.id) + 1);
    }
  }
  TRY(const int64_t next, get_meta(connection, "next_series", 1));
  end = std::max(end, static_cast<uint32_t>(next));
  index.reserve_ids(SeriesId{end});
  series_end_ = end;
  return {};
}

Result<void> State::load_windows(Connection& connection) {
  blocks::SealedWindows sealed;
  TRY(sealed.windows, windows_of(connection, blocks::kWindowChunks));
  TRY(sealed.days, windows_of(connection, blocks::kDayChunks));
  head.set_sealed_window_max(blocks::newest_window(sealed));
  sealed_windows.set(std::move(sealed));
  TRY(const int64_t chunks, get_meta(connection, "chunks", 0));
  chunk_rows = static_cast<uint64_t>(chunks);
  TRY(const int64_t min_time, get_meta(connection, "min_time_ms", model::kTimeMax));
  TRY(const int64_t max_time, get_meta(connection, "max_time_ms", model::kTimeMin));
  note_sealed_times(min_time, max_time);
  head.raise_max_time(max_time);
  return {};
}

Result<void> State::load_progress(Connection& connection) {
  TRY(Query query, connection.prepare("SELECT window, seq, series FROM sealed"));
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return {};
    progress_[query.integer(0)] = {static_cast<uint64_t>(query.integer(1)),
                                   static_cast<uint32_t>(query.integer(2))};
  }
}

// Whether the sample of a record is in a chunk already.
bool State::sealed_already(uint64_t seq, SeriesId id, int64_t time_ms) const {
  const auto progress = progress_.find(storage::window_of(time_ms));
  return progress != progress_.end() && seq <= progress->second.seq &&
         static_cast<uint32_t>(id) < progress->second.series_end;
}

// Adds a record to the head, but for what is in chunks already. Samples that were refused when they
// came are refused again, for the same reason, in the same order.
Result<void> State::replay(uint64_t seq, std::string_view record) {
  const auto wanted = [&](SeriesId id, int64_t time_ms) {
    if (time_ms < storage::kStoreTimeMin || time_ms > storage::kStoreTimeMax) return false;
    return !sealed_already(seq, id, time_ms);
  };
  blocks::LogSink sink;
  sink.sample = [&](SeriesId id, int64_t time_ms, double value, int64_t start_ms) {
    if (wanted(id, time_ms)) (void)head.add(id, time_ms, value, start_ms);
  };
  sink.histogram = [&](SeriesId id, const model::HistogramSample& sample) {
    if (wanted(id, sample.time_ms)) (void)head.add(id, sample);
  };
  head.begin_record(seq);
  return blocks::decode_log_record(record, sink);
}

}  // namespace gnomon::sqlite
