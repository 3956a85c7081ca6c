#include "adapters/postgres/metrics/state.h"

#include <algorithm>
#include <utility>

#include "adapters/postgres/metrics/chunk_pages.h"
#include "adapters/postgres/metrics/tables.h"

namespace gnomon::postgres {
namespace {

using storage::SeriesId;

constexpr size_t kPagesAtOnce = 32;

bool storable(int64_t time_ms) {
  return time_ms >= storage::kStoreTimeMin && time_ms <= storage::kStoreTimeMax;
}

}  // namespace

MetricsState::MetricsState(Database& database_in, const storage::StoreOptions& options_in)
    : blocks::Memory([this](std::span<const blocks::PageId> ids,
                            const std::stop_token& stop) { return load_pages(ids, stop); },
                     {.bytes_max = options_in.chunk_cache_bytes, .pages_at_once = kPagesAtOnce}),
      database(database_in),
      options(options_in) {}

Result<std::vector<blocks::ChunkPagePtr>> MetricsState::lease_and_read(
    std::span<const blocks::PageId> ids, const std::stop_token& stop) {
  TRY(const auto lease, database.lease(stop));
  return read_pages(*lease, schema(), ids);
}

// Whether a sample repeats a sealed one must be decided the same way in every server: it cannot be
// skipped because a connection was lost just then.
Result<std::vector<blocks::ChunkPagePtr>> MetricsState::load_pages(
    std::span<const blocks::PageId> ids, const std::stop_token& stop) {
  if (!Log::applying()) {
    auto pages = lease_and_read(ids, stop);
    // The connection may have been lost while it was idle.
    if (pages.ok() || pages.error().kind != ErrorKind::Unavailable) return pages;
    return lease_and_read(ids, stop);
  }
  std::vector<blocks::ChunkPagePtr> pages;
  TRY_VOID(database.log().read([&](Connection& connection) -> Result<void> {
    TRY(pages, read_pages(connection, schema(), ids));
    return {};
  }));
  return pages;
}

MetricsState::StoredMap MetricsState::stored() const {
  const std::lock_guard hold(mutex_);
  return stored_;
}

void MetricsState::restore(std::vector<blocks::StoredSeries> series) {
  uint32_t end = series_end();
  for (blocks::StoredSeries& one : series) {
    end = std::max(end, static_cast<uint32_t>(one.id) + 1);
    (void)index.restore(one.id, std::move(one.labels));
  }
  series_end_.store(end, std::memory_order_release);
}

// A query that takes the head and then the layout sees every sample: chunks are listed before the
// head forgets what is in them, and pages read before they changed are not kept.
void MetricsState::publish_layout() {
  blocks::SealedWindows next;
  uint64_t chunks = 0;
  int64_t min_time = model::kTimeMax;
  int64_t max_time = model::kTimeMin;
  {
    const std::lock_guard hold(mutex_);
    for (const auto& [key, one] : stored_) {
      (one.days ? next.days : next.windows).push_back(one.window);
      chunks += one.chunks;
      min_time = std::min(min_time, one.min_time_ms);
      max_time = std::max(max_time, one.max_time_ms);
    }
  }
  chunk_rows = chunks;
  sealed_min_time_ms = min_time;
  sealed_max_time_ms = max_time;
  head.set_sealed_window_max(blocks::newest_window(next));
  head.raise_max_time(max_time);
  sealed_windows.set(std::move(next));
}

void MetricsState::apply(const Control& control) {
  const auto ripe = [&](const storage::HeadWindow& window) {
    return control.freeze_all || std::find(control.freeze.begin(), control.freeze.end(),
                                           window.window()) != control.freeze.end();
  };
  // Without a window to freeze, too: the head must not remember samples that are deleted.
  (void)head.freeze(ripe);
  {
    const std::lock_guard hold(mutex_);
    for (const Stored& one : control.put) stored_[{one.days, one.window}] = one;
    for (const Stored& one : control.gone) stored_.erase({one.days, one.window});
  }
  for (const Stored& one : control.put) cache.invalidate(table_of(one.days), one.window);
  if (!control.put.empty() || !control.gone.empty()) publish_layout();
  const auto windows = head.snapshot();
  for (const auto& [window, frozen_at] : control.sealed) {
    for (const auto& one : *windows) {
      if (one->window() == window && one->last_seq() == frozen_at) head.drop(one.get());
    }
  }
  if (control.forget.empty()) return;
  index.erase(control.forget);
  erasures_.fetch_add(1, std::memory_order_release);
}

Result<void> MetricsState::follow(const LogRecord& record) {
  head.begin_record(record.seq);
  if (!record.own.empty()) return follow_own(record);
  LogRowSink sink;
  sink.series = [&](std::vector<blocks::StoredSeries> series) { restore(std::move(series)); };
  sink.metadata = [&](const std::vector<model::MetadataEntry>& list) { metadata.put(list); };
  sink.exemplar = [&](SeriesId id, model::Exemplar one) { exemplars.add(id, std::move(one)); };
  sink.control = [&](const Control& control) { apply(control); };
  sink.samples.sample = [&](SeriesId id, int64_t time, double value, int64_t start) {
    if (storable(time)) (void)head.add(id, time, value, start);
  };
  sink.samples.histogram = [&](SeriesId id, const model::HistogramSample& sample) {
    if (storable(sample.time_ms)) (void)head.add(id, sample);
  };
  const auto decoded = decode_log_row(record.bytes, sink);
  if (decoded.ok()) return {};
  return Error{decoded.error().kind, decoded.error().message + " (" + table("log") + ", seq " +
                                         std::to_string(record.seq) + ")"};
}

// Writes of this server.
Result<void> MetricsState::follow_own(const LogRecord& record) {
  for (Request* request : record.own) {
    auto& own = static_cast<MetricsRequest&>(*request);
    own.write.outcome = {};  // of an earlier try that was not known to have succeeded
    restore(std::exchange(own.added, {}));
  }
  for (Request* request : record.own) {
    blocks::Memory::apply(static_cast<MetricsRequest&>(*request).write);
  }
  return {};
}

}  // namespace gnomon::postgres
