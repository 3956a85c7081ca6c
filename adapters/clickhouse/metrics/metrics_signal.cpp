#include "adapters/clickhouse/metrics/metrics_signal.h"

#include <bit>
#include <functional>
#include <utility>

#include "adapters/clickhouse/inserter.h"
#include "adapters/clickhouse/metrics/statements.h"
#include "adapters/clickhouse/metrics/tables.h"
#include "src/base/guarded.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/refusal.h"

namespace gnomon::clickhouse {
namespace {

using model::WriteBatch;
using model::WriteOutcome;

MetricsEntry& metrics_entry(Entry* entry) { return static_cast<MetricsEntry&>(*entry); }

// Takes the samples of a row into the rows of the group.
class RowCollector {
 public:
  RowCollector(MetricsEntry& entry, const WriteBatch::Row& row, KnownSeries& known, Rows& rows)
      : batch_(entry.batch),
        outcome_(entry.outcome),
        row_(row),
        rows_(rows),
        id_(series_id(batch_.labels(row))),
        known_(known.entry(id_)) {}

  void collect() {
    for (uint32_t i = row_.sample_begin; i < row_.sample_end; ++i) collect_sample(i);
    for (uint32_t i = row_.histogram_begin; i < row_.histogram_end; ++i) collect_histogram(i);
    for (uint32_t i = row_.exemplar_begin; i < row_.exemplar_end; ++i) {
      rows_.add_exemplar(id_, batch_.exemplars[i]);
      ++outcome_.exemplars_stored;
    }
  }

 private:
  void collect_sample(uint32_t i) {
    const model::Sample& sample = batch_.samples[i];
    const auto bits = std::bit_cast<uint64_t>(sample.value);
    const uint64_t* before = known_.find(sample.time_ms);
    if (before != nullptr && *before == bits) {
      ++outcome_.samples_stored;
    } else if (admit(sample.time_ms, bits)) {
      rows_.add_sample(id_, sample, batch_.start_ms(i));
      ++outcome_.samples_stored;
    }
  }

  void collect_histogram(uint32_t i) {
    const int64_t time_ms = batch_.histograms[i].time_ms;
    one_.histograms.assign(1, batch_.histograms[i]);
    data_.clear();
    storage::encode_chunks(one_, data_);
    const uint64_t bits = std::hash<std::string_view>()(data_);
    const uint64_t* before = known_.find(time_ms);
    if (before != nullptr && *before == bits) {
      ++outcome_.histograms_stored;
    } else if (admit(time_ms, bits)) {
      rows_.add_histogram(id_, batch_.labels(row_).get(model::kMetricName), time_ms, data_);
      ++outcome_.histograms_stored;
    }
  }

  // Refuses a sample or lets it in and remembers it, with a row for the series where it needs one.
  bool admit(int64_t time_ms, uint64_t bits) {
    if (storage::refuse_outside(outcome_, batch_, row_, time_ms)) return false;
    if (known_.find(time_ms) != nullptr) {
      storage::refuse(outcome_, batch_, row_, WriteOutcome::Reason::DuplicateValue, time_ms);
      return false;
    }
    const int32_t day = day_of(time_ms);
    if (!known_.has_day(day)) {
      rows_.add_series(id_, batch_.labels(row_), day);
      known_.add_day(day);
    }
    known_.add_sample(time_ms, bits);
    return true;
  }

  const WriteBatch& batch_;
  WriteOutcome& outcome_;
  const WriteBatch::Row& row_;
  Rows& rows_;
  const SeriesId id_;
  KnownSeries::Entry& known_;
  model::SampleBlock one_;
  std::string data_;
};

}  // namespace

MetricsEntry::MetricsEntry(Signal& its_signal, const WriteBatch& its_batch,
                           std::stop_token its_stop)
    : Entry(its_signal), batch(its_batch) {
  weight = batch.samples.size() + batch.histograms.size();
  stop = std::move(its_stop);
}

std::span<const Table> MetricsSignal::tables() const { return metrics_tables(); }

MetricsSignal::Counts MetricsSignal::counts() const {
  const std::lock_guard hold(mutex_);
  return counts_;
}

Result<void> MetricsSignal::insert(std::span<Entry* const> entries, std::stop_token abandoned) {
  auto result = base::guarded([&] {
    Rows rows;
    for (Entry* one : entries) {
      MetricsEntry& entry = metrics_entry(one);
      for (const WriteBatch::Row& row : entry.batch.rows) {
        RowCollector(entry, row, known_, rows).collect();
      }
      for (const auto& metadata : entry.batch.metadata) rows.add_metadata(metadata);
    }
    return insert_all(rows, abandoned);
  });
  if (result.ok()) return result;
  // What arrived is not known.
  for (Entry* one : entries) {
    const WriteBatch& batch = metrics_entry(one).batch;
    for (const auto& row : batch.rows) known_.erase(series_id(batch.labels(row)));
  }
  return result;
}

Result<void> MetricsSignal::insert_all(const Rows& rows, const std::stop_token& abandoned) {
  const Options& options = client_.options();
  Counts counts{.samples = rows.samples()};
  const auto put = [&](std::string_view table, std::string_view columns, std::string_view format,
                       std::string_view data) -> Result<void> {
    if (data.empty()) return {};
    ++counts.inserts;
    counts.bytes += data.size();
    return clickhouse::insert(client_, insert_statement(options, table, columns, format), data,
                              abandoned);
  };
  if (!rows.series.empty()) {
    TRY_VOID(put("series", "id, metric, labels, day", "RowBinary", rows.series));
    changes().note_whole();
  }
  TRY_VOID(facts_.record_histograms(rows.histogram_metrics, abandoned));
  if (rows.has_starts()) TRY_VOID(facts_.record_starts(abandoned));
  if (rows.samples() > 0) {
    TRY_VOID(put("samples", rows.has_starts() ? "id, time, value, start" : "id, time, value",
                 "Native", rows.samples_body()));
  }
  TRY_VOID(put("histograms", "id, time, data", "RowBinary", rows.histograms));
  for (const int64_t minute : rows.minutes()) {
    changes().note(minute * 60'000, minute * 60'000 + 59'999);
  }
  TRY_VOID(put("exemplars", "id, time, value, labels, hash", "RowBinary", rows.exemplars));
  TRY_VOID(put("metadata", "metric, type, help, unit", "RowBinary", rows.metadata));
  const std::lock_guard hold(mutex_);
  counts_.inserts += counts.inserts;
  counts_.bytes += counts.bytes;
  counts_.samples += counts.samples;
  return {};
}

}  // namespace gnomon::clickhouse
