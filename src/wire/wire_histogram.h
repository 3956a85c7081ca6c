#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/model/sample.h"

namespace gnomon::wire {

// A native histogram as the wire has it: integer counts as deltas from bucket to bucket, or float
// counts.
struct WireHistogram {
  bool is_float = false;
  uint64_t count_int = 0, zero_count_int = 0;
  double count_float = 0, zero_count_float = 0;
  int64_t time_ms = 0;
  int64_t start_ms = 0;   // Remote Write 2.0 alone has it
  model::Histogram rest;  // hint, schema, zero_threshold, sum, spans, custom_values
  std::vector<int64_t> positive_deltas, negative_deltas;
  std::vector<double> positive_counts, negative_counts;
};

// A prometheus.Histogram message. BadData when it is none.
Result<WireHistogram> read_histogram(std::string_view message);

// Absolute float counts. Schemas 9..52 are reduced to 8. BadData with Prometheus' text when the
// histogram is not valid.
Result<model::HistogramSample> to_sample(WireHistogram wire);

}  // namespace gnomon::wire
