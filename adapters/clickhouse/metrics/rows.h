#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "adapters/clickhouse/metrics/series_id.h"
#include "src/model/labels.h"
#include "src/model/sample.h"
#include "src/model/write_batch.h"

namespace gnomon::clickhouse {

// What one INSERT into each table gets, collected from several write requests.
class Rows {
 public:
  void add_series(const SeriesId& id, model::LabelsView labels, int32_t day);
  void add_sample(const SeriesId& id, const model::Sample& sample, int64_t start_ms);
  void add_histogram(const SeriesId& id, std::string_view metric, int64_t time_ms,
                     std::string_view data);
  void add_exemplar(const SeriesId& id, const model::Exemplar& exemplar);
  void add_metadata(const model::MetadataEntry& entry);

  // The body of an INSERT ... FORMAT Native of the samples; columns id, time, value[, start].
  std::string samples_body() const;
  size_t samples() const { return times_.size() / 8; }
  bool has_starts() const { return !starts_.empty(); }
  // In which minutes since 1970 there are samples or histograms.
  const std::set<int64_t>& minutes() const { return minutes_; }

  // Metrics with histograms.
  std::set<std::string, std::less<>> histogram_metrics;

  // RowBinary.
  std::string series;
  std::string histograms;
  std::string exemplars;
  std::string metadata;

 private:
  void add_time(int64_t time_ms);

  std::string ids_;
  std::string times_;
  std::string values_;
  std::string starts_;  // empty while there is none
  std::set<int64_t> minutes_;
  int64_t minute_ = INT64_MIN;  // the one added last
};

}  // namespace gnomon::clickhouse
