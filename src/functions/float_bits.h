#pragma once

#include <cmath>
#include <limits>

#include "src/model/sample.h"

namespace gnomon::functions {

// Go's math.Max and math.Min: the infinity that decides wins over NaN, NaN wins over the rest, and
// 0 is larger than -0.
inline double go_max(double x, double y) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (x == kInf || y == kInf) return kInf;
  if (std::isnan(x) || std::isnan(y)) return model::kNaN;
  if (x == 0 && y == 0) return std::signbit(x) ? y : x;
  return x > y ? x : y;
}

inline double go_min(double x, double y) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (x == -kInf || y == -kInf) return -kInf;
  if (std::isnan(x) || std::isnan(y)) return model::kNaN;
  if (x == 0 && y == 0) return std::signbit(x) ? x : y;
  return x < y ? x : y;
}

}  // namespace gnomon::functions
