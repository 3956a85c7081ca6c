#include "src/functions/histogram_ops.h"

#include <cmath>

#include "src/functions/kahan.h"

namespace gnomon::functions {

using model::Histogram;

double histogram_stdvar(const Histogram& h) {
  const double mean = h.sum / h.count;
  KahanSum variance;
  for (const model::Bucket& bucket : model::all_buckets(h)) {
    if (bucket.count == 0) continue;
    double middle = 0;
    if (h.custom()) {
      middle = (bucket.upper + bucket.lower) / 2.0;
    } else if (!(bucket.lower <= 0 && bucket.upper >= 0)) {
      middle = std::sqrt(bucket.upper * bucket.lower);
      if (bucket.upper < 0) middle = -middle;
    }
    const double delta = middle - mean;
    variance.add(bucket.count * delta * delta);
  }
  return variance.value() / h.count;
}

double histogram_stddev(const Histogram& h) { return std::sqrt(histogram_stdvar(h)); }

}  // namespace gnomon::functions
