#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "src/functions/kahan.h"
#include "src/model/histogram.h"

namespace gnomon::functions {

// One bucket, by its index, and the compensation of its count.
struct Term {
  int32_t index = 0;
  KahanSum count;
};
// Ascending by index: outwards from zero.
using Terms = std::vector<Term>;

Terms to_terms(const std::vector<model::BucketSpan>& spans, const std::vector<double>& buckets);

// Maps buckets to a lower resolution.
void reduce_resolution(Terms& terms, int32_t from_schema, int32_t to_schema, bool kahan);

// The terms of exponential buckets that reach beyond a zero threshold.
std::span<const Term> terms_beyond(const Terms& terms, int32_t schema, double threshold);

// No bucket lies within the zero bucket, as good as always. Needs spans that ascend.
bool clear_of_zero_bucket(const model::Histogram& histogram);

// A native histogram opened up for arithmetic, every number with a compensation. Follows
// Prometheus' FloatHistogram operation by operation, so that results have the same bits. A value.
struct WideHistogram {
  enum class Mode : uint8_t { Add, Subtract, KahanAdd };
  // What an addition met.
  struct Outcome {
    bool compatible = true;  // false: exponential and custom buckets; nothing was changed
    bool reconciled_bounds = false;
    bool conflicting_resets = false;
  };

  model::CounterResetHint hint = model::CounterResetHint::Unknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  KahanSum zero;
  KahanSum count;
  KahanSum sum;
  Terms positive;
  Terms negative;
  std::vector<double> bounds;  // custom_values

  WideHistogram() = default;
  explicit WideHistogram(const model::Histogram& histogram);
  // The histogram, without the compensations, or with them added.
  model::Histogram plain() const;
  model::Histogram compensated() const;

  bool custom() const { return schema == model::kCustomBucketsSchema; }
  // In Subtract mode the hint is combined as in an addition.
  Outcome add(WideHistogram other, Mode mode);
  // KahanAdd of an exponential histogram whose buckets this one has, too, as sums mostly have.
  // False, with nothing changed, for any other.
  bool add_in_place(const model::Histogram& other);
  void multiply(double factor);
  void divide(double divisor);
  // To a schema not above this one's; not for custom buckets. Another schema forgets the hint.
  void copy_to_schema(int32_t target);
  // Drops empty buckets.
  void compact();
  bool has_overflow() const;

 private:
  bool combine_hints(model::CounterResetHint other);
  // The zero bucket's count if it reached to `threshold`, which grows to the end of a populated
  // bucket.
  KahanSum zero_up_to(double& threshold, bool kahan) const;
  void trim_zero_bucket();
  void add_custom(const WideHistogram& other, Mode mode, Outcome& outcome);
  void add_exponential(WideHistogram& other, Mode mode);
};

}  // namespace gnomon::functions
