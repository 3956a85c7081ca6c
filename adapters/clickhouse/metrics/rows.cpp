#include "adapters/clickhouse/metrics/rows.h"

#include "adapters/clickhouse/native.h"
#include "adapters/clickhouse/row_binary.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

using storage::put_fixed;

void put_map(std::string& out, model::LabelsView labels, std::string_view without) {
  storage::put_varint(out, labels.size() - (labels.has(without) ? 1 : 0));
  for (const auto& [name, value] : labels) {
    if (name == without) continue;
    put_text(out, name);
    put_text(out, value);
  }
}

}  // namespace

void Rows::add_series(const SeriesId& id, model::LabelsView labels, int32_t day) {
  put_fixed(series, id);
  put_text(series, labels.get(model::kMetricName));
  put_map(series, labels, model::kMetricName);
  put_fixed(series, day);
}

void Rows::add_time(int64_t time_ms) {
  const int64_t minute = storage::window_of(time_ms, 60'000);
  if (minute == minute_) return;
  minute_ = minute;
  minutes_.insert(minute);
}

void Rows::add_sample(const SeriesId& id, const model::Sample& sample, int64_t start_ms) {
  if (start_ms != 0 && starts_.empty()) starts_.resize(times_.size(), 0);
  const bool with_start = start_ms != 0 || !starts_.empty();
  add_time(sample.time_ms);
  put_fixed(ids_, id);
  put_fixed(times_, sample.time_ms);
  put_fixed(values_, sample.value);
  if (with_start) put_fixed(starts_, start_ms);
}

void Rows::add_histogram(const SeriesId& id, std::string_view metric, int64_t time_ms,
                         std::string_view data) {
  add_time(time_ms);
  histogram_metrics.emplace(metric);
  put_fixed(histograms, id);
  put_fixed(histograms, time_ms);
  put_text(histograms, data);
}

void Rows::add_exemplar(const SeriesId& id, const model::Exemplar& exemplar) {
  put_fixed(exemplars, id);
  put_fixed(exemplars, exemplar.time_ms);
  put_fixed(exemplars, exemplar.value);
  put_map(exemplars, exemplar.labels.view(), "");
  put_fixed(exemplars, model::hash64(exemplar.labels.view()));
}

void Rows::add_metadata(const model::MetadataEntry& entry) {
  put_text(metadata, entry.metric);
  put_text(metadata, entry.metadata.type);
  put_text(metadata, entry.metadata.help);
  put_text(metadata, entry.metadata.unit);
}

std::string Rows::samples_body() const {
  NativeWriter block(has_starts() ? 4 : 3, samples());
  block.add("id", "UInt128", ids_);
  block.add("time", "DateTime64(3, 'UTC')", times_);
  block.add("value", "Float64", values_);
  if (has_starts()) block.add("start", "DateTime64(3, 'UTC')", starts_);
  return block.take();
}

}  // namespace gnomon::clickhouse
