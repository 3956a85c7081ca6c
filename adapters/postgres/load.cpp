#include <algorithm>
#include <unordered_map>

#include "adapters/postgres/state.h"

namespace gnomon::postgres {
namespace {

using storage::SeriesId;

constexpr int kRowsAtOnce = 64;

}  // namespace

// With apply_mutex_ held.
void State::clear_head() {
  (void)head.freeze([](const storage::HeadWindow&) { return true; });
  const auto windows = head.snapshot();
  for (const auto& window : *windows) head.drop(window.get());
}

Result<void> State::load(Connection& connection) {
  // Queries wait: between the old and the new head samples would be missing.
  const std::unique_lock alone(snapshot_gate_);
  const std::lock_guard applying(apply_mutex_);
  const ApplyingOn on(connection);
  TRY_VOID([&]() -> Result<void> {
    TRY(const Rows begun, connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    clear_head();
    TRY_VOID(load_tables(connection));
    return replay(connection);
  }());
  TRY(const Rows ended, connection.run("COMMIT"));
  return {};
}

Result<void> State::load_series(Connection& connection) {
  TRY(const Rows rows, connection.query("SELECT data FROM " + table("series") + " ORDER BY first"));
  std::vector<SeriesId> kept;
  for (int r = 0; r < rows.count(); ++r) {
    std::vector<blocks::StoredSeries> block;
    TRY_VOID(blocks::decode_series_block(rows.bytes(r, 0), block));
    for (const blocks::StoredSeries& one : block) kept.push_back(one.id);
    restore(std::move(block));
  }
  // What was forgotten while we did not follow.
  std::vector<SeriesId> all = index.match({})->ids;
  std::sort(all.begin(), all.end());
  std::vector<SeriesId> gone;
  std::set_difference(all.begin(), all.end(), kept.begin(), kept.end(), std::back_inserter(gone));
  if (!gone.empty()) index.erase(gone);
  return {};
}

Result<void> State::load_tables(Connection& connection) {
  TRY(const Rows state,
      connection.query("SELECT seq, series_end, erasures FROM " + table("state")));
  if (state.count() != 1) return Error{ErrorKind::Internal, table("state") + " is damaged"};
  TRY_VOID(load_series(connection));
  series_end_ = static_cast<uint32_t>(state.integer(0, 1));
  erasures_ = static_cast<uint64_t>(state.integer(0, 2));
  exemplars.clear();
  LogRowSink extras;
  extras.metadata = [](const auto&) {};  // from its own table
  extras.exemplar = [&](SeriesId id, model::Exemplar one) { exemplars.add(id, std::move(one)); };
  TRY(const Rows rows, connection.query("SELECT data FROM " + table("exemplar") + " ORDER BY seq"));
  for (int r = 0; r < rows.count(); ++r) TRY_VOID(decode_log_row(rows.bytes(r, 0), extras));
  TRY(const Rows entries,
      connection.query("SELECT metric, type, help, unit FROM " + table("metadata")));
  for (int r = 0; r < entries.count(); ++r) {
    const auto text = [&](int column) { return std::string(entries.bytes(r, column)); };
    metadata.put(text(0), {text(1), text(2), text(3)});
  }
  TRY(const Rows windows, connection.query("SELECT days, win, chunks, min_time, max_time FROM " +
                                           table("stored") + " WHERE dead IS NULL"));
  {
    const std::lock_guard hold(mutex_);
    stored_.clear();
    for (int r = 0; r < windows.count(); ++r) {
      const Stored one{windows.integer(r, 0) != 0, windows.integer(r, 1),
                       static_cast<uint64_t>(windows.integer(r, 2)), windows.integer(r, 3),
                       windows.integer(r, 4)};
      stored_[{one.days, one.window}] = one;
    }
  }
  publish_layout();
  loading_ = static_cast<uint64_t>(state.integer(0, 0));
  return {};
}

// Adds the log to the head, but what is in chunks already. Samples that were refused when they came
// are refused again, for the same reason, in the same order; windows are frozen where they were.
Result<void> State::replay(Connection& connection) {
  TRY(const Rows list, connection.query("SELECT win, seq FROM " + table("sealed")));
  std::unordered_map<int64_t, uint64_t> sealed;
  for (int r = 0; r < list.count(); ++r) {
    sealed[list.integer(r, 0)] = static_cast<uint64_t>(list.integer(r, 1));
  }
  uint64_t seq = 0;
  const auto wanted = [&](int64_t time) {
    if (time < storage::kStoreTimeMin || time > storage::kStoreTimeMax) return false;
    const auto found = sealed.find(storage::window_of(time));
    return found == sealed.end() || seq > found->second;
  };
  LogRowSink sink;
  // From the tables.
  sink.series = [](const auto&) {};
  sink.metadata = [](const auto&) {};
  sink.exemplar = [](SeriesId, const auto&) {};
  sink.control = [&](const Control& control) {
    apply({.freeze_all = control.freeze_all, .freeze = control.freeze, .sealed = control.sealed});
  };
  sink.samples.sample = [&](SeriesId id, int64_t time, double value, int64_t start) {
    if (wanted(time)) (void)head.add(id, time, value, start);
  };
  sink.samples.histogram = [&](SeriesId id, const model::HistogramSample& sample) {
    if (wanted(sample.time_ms)) (void)head.add(id, sample);
  };
  while (true) {
    TRY(const Rows rows,
        connection.query("SELECT seq, data FROM " + table("log") +
                             " WHERE seq > $1 ORDER BY seq LIMIT " + std::to_string(kRowsAtOnce),
                         {Value::integer(static_cast<int64_t>(seq))}));
    for (int r = 0; r < rows.count(); ++r) {
      seq = static_cast<uint64_t>(rows.integer(r, 0));
      head.begin_record(seq);
      TRY_VOID(decode_log_row(rows.bytes(r, 1), sink));
    }
    if (rows.count() < kRowsAtOnce) break;
  }
  head.begin_record(loading_);
  applied_ = loading_;
  return {};
}

}  // namespace gnomon::postgres
