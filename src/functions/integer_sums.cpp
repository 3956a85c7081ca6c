#include "src/functions/integer_sums.h"

#include <cmath>

#include "src/functions/simd.h"

namespace gnomon::functions {
namespace {

// Adding this to a double below 2^51 rounds it to an integer.
constexpr double kRounder = 0x1.8p52;

// Whether all are integers whose magnitudes add up to less than 2^53. Stops at the first that is
// not.
GNOMON_CLONES bool all_small_integers(const double* values, size_t size) {
  constexpr double kLargest = 0x1p51;
  const Vec rounder = splat(kRounder);
  Vec total{};
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const Vec x = load(values + i), largest = magnitude(x);
    const VecInt bad = ((x + rounder) - rounder != x) | ~(largest < kLargest);
    if (any(bad)) return false;
    total += largest;
  }
  double sum = total[0] + total[1] + total[2] + total[3];
  for (; i < size; ++i) {
    if ((values[i] + kRounder) - kRounder != values[i] || !(std::fabs(values[i]) < kLargest)) {
      return false;
    }
    sum += std::fabs(values[i]);
  }
  return sum < 0x1p53;
}

}  // namespace

IntegerSums::IntegerSums(std::span<const double> values) {
  if (!all_small_integers(values.data(), values.size())) return;
  running_.resize(values.size() + 1);
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) running_[i + 1] = sum += values[i];
}

}  // namespace gnomon::functions
