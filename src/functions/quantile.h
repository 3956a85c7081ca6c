#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace gnomon::functions {

// The order of quantiles: NaN is the smallest.
inline bool nan_first_less(double a, double b) {
  if (std::isnan(a)) return !std::isnan(b);
  return a < b;
}

// The q-quantile of `size` sorted values, NaN first. Empty or q NaN: NaN; q < 0: -Inf; q > 1: +Inf.
double quantile_of_sorted(double q, const double* sorted, size_t size);

// The q-quantile of values by linear interpolation, NaN lowest; sorts `values` in place. Empty or
// NaN q: NaN; q < 0: -Inf; q > 1: +Inf.
double quantile(double q, std::vector<double>& values);

}  // namespace gnomon::functions
