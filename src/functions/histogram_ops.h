#pragma once

#include <memory>
#include <string_view>

#include "src/functions/wide_histogram.h"
#include "src/model/histogram.h"

// Arithmetic on native histograms with the bits of Prometheus' FloatHistogram
// (model/histogram/float_histogram.go). Pure; any thread.
namespace gnomon::functions {

// The operators of PromQL between histograms. null: exponential against custom buckets. Results
// carry no empty buckets.
struct HistogramResult {
  std::shared_ptr<model::Histogram> histogram;
  bool reconciled_bounds = false;   // custom buckets, to the bounds they share: an info
  bool conflicting_resets = false;  // hints that contradict each other: a warning
};
HistogramResult add(const model::Histogram& a, const model::Histogram& b);
HistogramResult subtract(const model::Histogram& a, const model::Histogram& b);  // a gauge
std::shared_ptr<model::Histogram> multiply(const model::Histogram& h, double factor);
std::shared_ptr<model::Histogram> divide(const model::Histogram& h, double divisor);
// Unary minus: a gauge.
std::shared_ptr<model::Histogram> negate(const model::Histogram& h);
// h </ limit (keep what is below) and h >/ limit (keep what is above).
std::shared_ptr<model::Histogram> trim_above(const model::Histogram& h, double limit);
std::shared_ptr<model::Histogram> trim_below(const model::Histogram& h, double limit);

// The same layout and the same bits; the hint does not count.
bool equals(const model::Histogram& a, const model::Histogram& b);

// The same schema, zero threshold and spans. Custom bounds are not compared.
bool same_layout(const model::Histogram& a, const model::Histogram& b);

// Whether a counter was reset between `previous` and `current`.
bool detect_reset(const model::Histogram& current, const model::Histogram& previous);

// What observations of NaN do to an estimate: each but None is an info.
enum class NaNRemark : uint8_t {
  None,
  Result,    // the quantile is NaN because of them
  Skew,      // the quantile is higher than without them
  Fraction,  // they lie in no range
};
// histogram_quantile and histogram_fraction of a native histogram: HistogramQuantile and
// HistogramFraction of promql/quantile.go.
struct Estimate {
  double value = 0;
  NaNRemark remark = NaNRemark::None;
};
Estimate histogram_quantile(double q, const model::Histogram& histogram);
Estimate histogram_fraction(double lower, double upper, const model::Histogram& histogram);

// Estimated population variance of the observations: each bucket stands at the geometric mean of
// its bounds (arithmetic for custom bounds, 0 for a bucket that holds 0).
double histogram_stdvar(const model::Histogram& histogram);
double histogram_stddev(const model::Histogram& histogram);

// The running sum or mean of histograms, compensated: sum, avg, sum_over_time, avg_over_time.
class HistogramTotal {
 public:
  void add(const model::Histogram& histogram, bool average);
  // Joins what came later.
  void merge(const HistogramTotal& later, bool average);
  bool seen() const { return seen_; }
  // Exponential met custom buckets: there is no result.
  bool incompatible() const { return incompatible_; }
  bool reconciled_bounds() const { return reconciled_; }
  bool conflicting_resets() const { return reset_seen_ && no_reset_seen_; }
  // seen() and not incompatible().
  model::Histogram finish(bool average, bool compact) const;

 private:
  void note_hint(model::CounterResetHint hint);
  void note_outcome(const WideHistogram::Outcome& outcome);
  void add_wide(WideHistogram next, double weight, bool average);

  bool seen_ = false;
  bool incompatible_ = false;
  bool reconciled_ = false;
  bool reset_seen_ = false;
  bool no_reset_seen_ = false;
  bool incremental_ = false;
  double count_ = 0;
  WideHistogram total_;  // the sum, or the mean once incremental_
};

}  // namespace gnomon::functions
