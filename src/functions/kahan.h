#pragma once

#include <cmath>

namespace gnomon::functions {

// Kahan-Neumaier summation, bit for bit as Prometheus' kahansum.Inc. Compile without FMA
// contraction and without -ffast-math.
struct KahanSum {
  double sum = 0;
  double c = 0;

  void add(double x) {
    double t = sum + x;
    if (std::isinf(t)) {
      c = 0;
    } else if (std::fabs(sum) >= std::fabs(x)) {
      c += (sum - t) + x;
    } else {
      c += (x - t) + sum;
    }
    sum = t;
  }
  double value() const { return sum + c; }
};

}  // namespace gnomon::functions
