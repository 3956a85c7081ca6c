#include <algorithm>
#include <string>
#include <unordered_map>

#include "adapters/blocks/metrics/log_record.h"
#include "adapters/blocks/series_block.h"
#include "adapters/sqlite/metrics/chunk_rows.h"
#include "adapters/sqlite/metrics/state.h"

namespace gnomon::sqlite {
namespace {

using storage::SeriesId;

Result<uint32_t> load_series(SqliteStore::State& state, Connection& connection) {
  TRY(Query query, connection.prepare("SELECT data FROM series ORDER BY first"));
  std::vector<blocks::StoredSeries> block;
  uint32_t end = 1;
  while (true) {
    TRY(const bool row, query.step());
    if (!row) break;
    block.clear();
    TRY_VOID(blocks::decode_series_block(query.blob(0), block));
    for (blocks::StoredSeries& series : block) {
      if (!state.index.restore(series.id, std::move(series.labels))) {
        return Error{ErrorKind::Internal, state.path + " is damaged: a series is there twice"};
      }
      end = std::max(end, static_cast<uint32_t>(series.id) + 1);
    }
  }
  TRY(const int64_t next, get_meta(connection, "next_series", 1));
  end = std::max(end, static_cast<uint32_t>(next));
  state.index.reserve_ids(SeriesId{end});
  return end;
}

// How far a window was sealed when the process ended.
struct Progress {
  uint64_t seq = 0;
  uint32_t series_end = 0;
};
using ProgressMap = std::unordered_map<int64_t, Progress>;

Result<ProgressMap> load_progress(Connection& connection) {
  TRY(Query query, connection.prepare("SELECT window, seq, series FROM sealed"));
  ProgressMap map;
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return map;
    map[query.integer(0)] = {static_cast<uint64_t>(query.integer(1)),
                             static_cast<uint32_t>(query.integer(2))};
  }
}

// Adds the log to the head, but what is in chunks already. Samples that were refused when they came
// are refused again, for the same reason, in the same order.
Result<uint64_t> replay(SqliteStore::State& state, Connection& connection) {
  TRY(const ProgressMap sealed, load_progress(connection));
  uint64_t seq = 0;
  const auto wanted = [&](SeriesId id, int64_t time) {
    if (time < storage::kStoreTimeMin || time > storage::kStoreTimeMax) return false;
    if (sealed.empty()) return true;
    const auto progress = sealed.find(storage::window_of(time));
    return progress == sealed.end() || seq > progress->second.seq ||
           static_cast<uint32_t>(id) >= progress->second.series_end;
  };
  blocks::LogSink sink;
  sink.sample = [&](SeriesId id, int64_t time, double value, int64_t start) {
    if (wanted(id, time)) (void)state.head.add(id, time, value, start);
  };
  sink.histogram = [&](SeriesId id, const model::HistogramSample& sample) {
    if (wanted(id, sample.time_ms)) (void)state.head.add(id, sample);
  };
  TRY(Query query, connection.prepare("SELECT seq, data FROM log ORDER BY seq"));
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return seq;
    seq = static_cast<uint64_t>(query.integer(0));
    state.head.begin_record(seq);
    const std::string_view record = query.blob(1);
    const auto decoded = blocks::decode_log_record(record, sink);
    if (!decoded.ok()) {
      return Error{decoded.error().kind, state.path + ": " + decoded.error().message +
                                             " (log record " + std::to_string(seq) + ")"};
    }
    state.note_log(seq, record.size());
  }
}

// Finds the distinct windows of a table; touches a few pages per window.
Result<std::vector<int64_t>> load_windows(Connection& connection, const blocks::ChunkTable& table) {
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

Result<blocks::SealedWindows> load_layout(Connection& connection) {
  blocks::SealedWindows layout;
  TRY(layout.windows, load_windows(connection, blocks::kWindowChunks));
  TRY(layout.days, load_windows(connection, blocks::kDayChunks));
  return layout;
}

}  // namespace

Result<void> load(SqliteStore::State& state, Connection& connection) {
  TRY(const uint32_t series_end, load_series(state, connection));
  TRY_VOID(state.metadata_table.load(connection, state.metadata));
  TRY_VOID(state.exemplar_table.load(connection, state.exemplars));
  TRY(blocks::SealedWindows layout, load_layout(connection));
  state.head.set_sealed_window_max(blocks::newest_window(layout));
  state.sealed_windows.set(std::move(layout));
  TRY(const int64_t chunks, get_meta(connection, "chunks", 0));
  state.chunk_rows = static_cast<uint64_t>(chunks);
  TRY(const int64_t min_time, get_meta(connection, "min_time_ms", model::kTimeMax));
  TRY(const int64_t max_time, get_meta(connection, "max_time_ms", model::kTimeMin));
  state.note_sealed_times(min_time, max_time);
  state.head.raise_max_time(max_time);
  TRY(const int64_t next, get_meta(connection, "next_seq", 1));
  TRY(const int64_t sealed, connection.integer("SELECT max(seq) FROM sealed"));
  TRY(const uint64_t last, replay(state, connection));
  const uint64_t next_seq =
      std::max({static_cast<uint64_t>(next), static_cast<uint64_t>(sealed) + 1, last + 1});
  state.head.begin_record(next_seq - 1);
  return state.writer.prepare(series_end, next_seq);
}

}  // namespace gnomon::sqlite
