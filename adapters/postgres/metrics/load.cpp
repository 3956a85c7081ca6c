#include <algorithm>

#include "adapters/postgres/metrics/state.h"
#include "adapters/postgres/metrics/tables.h"

namespace gnomon::postgres {

using storage::SeriesId;

void MetricsState::clear_head() {
  (void)head.freeze([](const storage::HeadWindow&) { return true; });
  const auto windows = head.snapshot();
  for (const auto& window : *windows) head.drop(window.get());
}

Result<void> MetricsState::load(Connection& connection, std::span<const int64_t> counters) {
  clear_head();
  TRY_VOID(load_series(connection));
  series_end_ = static_cast<uint32_t>(counters[kSeriesEnd]);
  erasures_ = static_cast<uint64_t>(counters[kErasures]);
  TRY_VOID(load_sides(connection));
  return load_windows(connection);
}

Result<void> MetricsState::load_series(Connection& connection) {
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

// Metadata and exemplars.
Result<void> MetricsState::load_sides(Connection& connection) {
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
  return {};
}

Result<void> MetricsState::load_windows(Connection& connection) {
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
  // They may have changed in records that were missed.
  for (const auto& [key, one] : stored()) cache.invalidate(table_of(one.days), one.window);
  publish_layout();
  TRY(const Rows list, connection.query("SELECT win, seq FROM " + table("sealed")));
  sealed_.clear();
  for (int r = 0; r < list.count(); ++r) {
    sealed_[list.integer(r, 0)] = static_cast<uint64_t>(list.integer(r, 1));
  }
  return {};
}

// Adds a record to the head, but what is in chunks already. Samples that were refused when they
// came are refused again, for the same reason, in the same order; windows are frozen where they
// were.
Result<void> MetricsState::replay(uint64_t seq, std::string_view row) {
  const auto wanted = [&](int64_t time) {
    if (time < storage::kStoreTimeMin || time > storage::kStoreTimeMax) return false;
    const auto found = sealed_.find(storage::window_of(time));
    return found == sealed_.end() || seq > found->second;
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
  head.begin_record(seq);
  return decode_log_row(row, sink);
}

}  // namespace gnomon::postgres
