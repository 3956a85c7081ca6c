#pragma once

#include <span>
#include <vector>

namespace gnomon::functions {

// A bucket of a classic histogram: the `le` bound and the cumulative count.
struct ClassicBucket {
  double upper = 0;
  double count = 0;
};

// What had to be done to counts that decrease although they are cumulative.
struct MonotonicityFix {
  bool forced = false;  // the three values below hold only then
  double bucket_min = 0;
  double bucket_max = 0;
  double difference_max = 0;
};

// histogram_quantile (BucketQuantile of Prometheus' promql/quantile.go) over the buckets of one
// histogram at one step, in any order; not empty, no bound is NaN. Sorts, merges and levels
// `buckets` in place: the memory is the caller's to reuse. Buckets in order cost one pass.
double classic_quantile(double q, std::vector<ClassicBucket>& buckets, MonotonicityFix& fix);

// histogram_fraction, likewise.
double classic_fraction(double lower, double upper, std::vector<ClassicBucket>& buckets);

}  // namespace gnomon::functions
