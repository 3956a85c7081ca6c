#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/model/labels.h"
#include "src/model/sample.h"
#include "src/model/write_batch.h"
#include "tests/differential/random.h"

namespace gnomon::differential {

// What the samples of a metric are, so that a query can ask something sensible of it.
enum class Kind : uint8_t { Counter, Gauge, Buckets, Native, Custom, Mixed, Info };

struct Metric {
  std::string name;
  Kind kind = Kind::Gauge;
};

struct Series {
  model::Labels labels;
  model::SampleBlock samples;
};

// One random world: the samples as they are in the end, and the requests that write them.
struct Data {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  std::vector<Metric> metrics;
  std::vector<Series> series;
};

// base_ms: the time of the first sample, about. plain_spans: histograms without empty buckets,
// which Prometheus 3.5 moves when it adds others to a chunk.
Data make_data(Random& random, int64_t base_ms, bool plain_spans = false);

// Nothing of `samples` is missing, nothing else is there in the end; on the way samples come late,
// twice, and with another value for a time that has one (which is refused).
std::vector<model::WriteBatch> make_writes(Random& random, const Data& data);

// All series in one request, in order.
model::WriteBatch one_write(const std::vector<Series>& series);

// `count` samples of a native histogram, one per time.
std::vector<model::HistogramSample> make_histograms(Random& random, bool custom, bool plain_spans,
                                                    const std::vector<int64_t>& times);

}  // namespace gnomon::differential
