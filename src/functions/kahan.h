#pragma once

#include <limits>

#include "src/functions/simd.h"

namespace gnomon::functions {

// Kahan-Neumaier summation, bit for bit as Prometheus' kahansum.Inc, of one sum (double) or of
// several side by side (Vec). Compile without FMA contraction and without -ffast-math.
template <typename T>
struct Kahan {
  T sum{};
  T c{};

  GNOMON_INLINE void add(const T& x) {
    const T t = sum + x;
    const T larger = (sum - t) + x;
    const T smaller = (x - t) + sum;
    const T next = c + (magnitude(sum) >= magnitude(x) ? larger : smaller);
    c = magnitude(t) > std::numeric_limits<double>::max() ? T{} : next;
    sum = t;
  }
  GNOMON_INLINE T value() const { return sum + c; }
};

using KahanSum = Kahan<double>;

}  // namespace gnomon::functions
