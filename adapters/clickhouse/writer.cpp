#include "adapters/clickhouse/writer.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "adapters/clickhouse/inserter.h"
#include "adapters/clickhouse/statements.h"
#include "src/base/clock.h"
#include "src/base/guarded.h"
#include "src/base/limits.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/refusal.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

using model::WriteBatch;
using model::WriteOutcome;

// ClickHouse wants few and large inserts: while requests keep coming, one begins this long after
// the last, or when there is enough for it.
constexpr int64_t kLingerNs = 20'000'000;
constexpr size_t kGroupSamples = 200'000;
constexpr size_t kGroupSamplesMax = 1'000'000;

size_t samples_of(const WriteBatch* batch) {
  return batch == nullptr ? 0 : batch->samples.size() + batch->histograms.size();
}

}  // namespace

Result<WriteOutcome> Writer::write(const WriteBatch& batch) {
  Turn turn;
  turn.batch = &batch;
  queue(turn);
  if (!turn.result.ok()) return std::move(turn.result).error();
  return std::move(turn.outcome);
}

Result<void> Writer::exclusive(const Body& body) {
  Turn turn;
  turn.body = &body;
  queue(turn);
  return std::move(turn.result);
}

Writer::Counts Writer::counts() const {
  const std::lock_guard hold(mutex_);
  return counts_;
}

void Writer::queue(Turn& turn) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&turn);
  queued_samples_ += samples_of(turn.batch);
  if (queued_samples_ >= kGroupSamples) queue_.front()->wake.notify_one();
  while (!turn.done && (busy_ || queue_.front() != &turn)) turn.wake.wait(lock);
  if (turn.done) return;
  busy_ = true;  // nobody else leads while we wait for company
  const int64_t wait_ns = last_ns_ + kLingerNs - base::monotonic_ns();
  if (wait_ns > 0 && turn.batch != nullptr) {
    turn.wake.wait_for(lock, std::chrono::nanoseconds(wait_ns),
                       [&] { return queued_samples_ >= kGroupSamples; });
  }
  last_ns_ = base::monotonic_ns();
  const auto group = take_group();
  lock.unlock();
  lead(group);
  lock.lock();
  busy_ = false;
  for (Turn* other : group) {
    other->done = true;
    other->wake.notify_one();
  }
  if (!queue_.empty()) queue_.front()->wake.notify_one();
}

// With mutex_ held: the first of the queue and what may be written with it.
std::vector<Writer::Turn*> Writer::take_group() {
  std::vector<Turn*> group;
  size_t samples = 0;
  while (!queue_.empty()) {
    Turn* turn = queue_.front();
    samples += samples_of(turn->batch);
    if (!group.empty() && (turn->batch == nullptr || samples > kGroupSamplesMax)) break;
    queue_.pop_front();
    queued_samples_ -= samples_of(turn->batch);
    group.push_back(turn);
    if (turn->batch == nullptr) break;
  }
  return group;
}

void Writer::lead(std::span<Turn* const> group) {
  Turn& first = *group.front();
  if (first.body != nullptr) {
    first.result = base::guarded([&] { return (*first.body)(known_); });
    return;
  }
  const auto result = base::guarded([&] { return store(group); });
  for (Turn* turn : group) turn->result = result;
  if (result.ok()) return;
  // Nobody knows what arrived.
  for (const Turn* turn : group) {
    for (const auto& row : turn->batch->rows) known_.erase(series_id(turn->batch->labels(row)));
  }
}

Result<void> Writer::store(std::span<Turn* const> group) {
  Rows rows;
  for (Turn* turn : group) collect(*turn, rows);
  return insert_all(rows);
}

void Writer::collect(Turn& turn, Rows& rows) {
  for (const WriteBatch::Row& row : turn.batch->rows) {
    id_ = series_id(turn.batch->labels(row));
    entry_ = &known_.entry(id_);
    collect_row(turn, row, rows);
  }
  for (const auto& entry : turn.batch->metadata) rows.add_metadata(entry);
}

void Writer::collect_row(Turn& turn, const WriteBatch::Row& row, Rows& rows) {
  const WriteBatch& batch = *turn.batch;
  WriteOutcome& outcome = turn.outcome;
  for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
    const model::Sample& sample = batch.samples[i];
    const auto bits = std::bit_cast<uint64_t>(sample.value);
    const uint64_t* before = entry_->find(sample.time_ms);
    if (before != nullptr && *before == bits) {
      ++outcome.samples_stored;
    } else if (admit(turn, row, sample.time_ms, bits, rows)) {
      rows.add_sample(id_, sample, batch.start_ms(i));
      ++outcome.samples_stored;
    }
  }
  model::SampleBlock one;
  std::string data;
  for (uint32_t i = row.histogram_begin; i < row.histogram_end; ++i) {
    one.histograms.assign(1, batch.histograms[i]);
    data.clear();
    storage::encode_chunks(one, data);
    const uint64_t bits = std::hash<std::string_view>()(data);
    const uint64_t* before = entry_->find(batch.histograms[i].time_ms);
    if (before != nullptr && *before == bits) {
      ++outcome.histograms_stored;
    } else if (admit(turn, row, batch.histograms[i].time_ms, bits, rows)) {
      rows.add_histogram(id_, batch.labels(row).get(model::kMetricName),
                         batch.histograms[i].time_ms, data);
      ++outcome.histograms_stored;
    }
  }
  for (uint32_t i = row.exemplar_begin; i < row.exemplar_end; ++i) {
    rows.add_exemplar(id_, batch.exemplars[i]);
    ++outcome.exemplars_stored;
  }
}

// Refuses a sample or lets it in and remembers it, with a row for the series where it needs one.
bool Writer::admit(Turn& turn, const WriteBatch::Row& row, int64_t time_ms, uint64_t bits,
                   Rows& rows) {
  const WriteBatch& batch = *turn.batch;
  if (storage::refuse_outside(turn.outcome, batch, row, time_ms)) return false;
  if (entry_->find(time_ms) != nullptr) {
    storage::refuse(turn.outcome, batch, row, WriteOutcome::Reason::DuplicateValue, time_ms);
    return false;
  }
  const int32_t day = day_of(time_ms);
  if (!entry_->has_day(day)) {
    rows.add_series(id_, batch.labels(row), day);
    entry_->add_day(day);
  }
  entry_->add_sample(time_ms, bits);
  return true;
}

Result<void> Writer::insert_all(const Rows& rows) {
  const Options& options = client_.options();
  uint64_t inserts = 0;
  uint64_t bytes = 0;
  const auto put = [&](std::string_view table, std::string_view columns, std::string_view format,
                       std::string_view data) -> Result<void> {
    if (data.empty()) return {};
    ++inserts;
    bytes += data.size();
    return insert(client_, insert_statement(options, table, columns, format), data);
  };
  if (!rows.series.empty()) {
    TRY_VOID(put("series", "id, metric, labels, day", "RowBinary", rows.series));
    pulse_.note_series();
  }
  TRY_VOID(pulse_.record_histograms(rows.histogram_metrics));
  if (rows.has_starts()) TRY_VOID(pulse_.record_starts());
  if (rows.samples() > 0) {
    TRY_VOID(put("samples", rows.has_starts() ? "id, time, value, start" : "id, time, value",
                 "Native", rows.samples_body()));
  }
  TRY_VOID(put("histograms", "id, time, data", "RowBinary", rows.histograms));
  for (const int64_t minute : rows.minutes()) {
    pulse_.note_samples(minute * 60'000, minute * 60'000 + 59'999);
  }
  TRY_VOID(put("exemplars", "id, time, value, labels, hash", "RowBinary", rows.exemplars));
  TRY_VOID(put("metadata", "metric, type, help, unit", "RowBinary", rows.metadata));
  const std::lock_guard hold(mutex_);
  counts_.inserts += inserts;
  counts_.bytes += bytes;
  counts_.samples += rows.samples();
  return {};
}

}  // namespace gnomon::clickhouse
