#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gnomon::model {

enum class CounterResetHint : uint8_t { Unknown = 0, Reset = 1, NotReset = 2, Gauge = 3 };

inline constexpr int32_t kCustomBucketsSchema = -53;

struct BucketSpan {
  int32_t offset = 0;  // gap to the end of the span before (the first: index of its first bucket)
  uint32_t length = 0;
  friend bool operator==(const BucketSpan&, const BucketSpan&) = default;
};

// A native histogram with absolute (not delta) float bucket counts. Integer histograms of the wire
// are converted exactly; `integer` remembers it for compact storage. A stale histogram has the
// stale marker as its sum.
struct Histogram {
  CounterResetHint hint = CounterResetHint::Unknown;
  bool integer = false;
  int32_t schema = 0;  // -4..8 exponential; -53 custom bounds
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<BucketSpan> positive_spans;
  std::vector<BucketSpan> negative_spans;
  std::vector<double> positive_buckets;
  std::vector<double> negative_buckets;
  std::vector<double> custom_values;  // upper bounds, only for kCustomBucketsSchema

  bool custom() const { return schema == kCustomBucketsSchema; }
};

using HistogramPtr = std::shared_ptr<const Histogram>;

// Bit-exact: NaN payloads and -0 count.
bool identical(const Histogram& a, const Histogram& b);

// Upper bound of the positive bucket `index`, schema -4..8, bit for bit Prometheus'.
double exponential_bound(int32_t schema, int32_t index);

// A bucket as the HTTP API shows it.
struct Bucket {
  double lower = 0;
  double upper = 0;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  double count = 0;
};
// All buckets of the spans from the lowest bound to the highest, empty ones included; between the
// negative and the positive ones the zero bucket when it is populated.
std::vector<Bucket> all_buckets(const Histogram& histogram);

// FloatHistogram.Size() of Prometheus in bytes; a histogram counts (size+8)/16 samples.
size_t prometheus_size(const Histogram& histogram);
inline size_t sample_cost(const Histogram& h) { return (prometheus_size(h) + 8) / 16; }

// "{count:10, sum:18.4, [-2,-1):2, ...}": FloatHistogram.String().
std::string to_string(const Histogram& histogram);

}  // namespace gnomon::model
