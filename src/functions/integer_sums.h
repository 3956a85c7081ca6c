#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gnomon::functions {

// The sum of any index range of a series of integers, in two loads. As long as the magnitudes add
// up to less than 2^53 every partial sum is exact, so a difference of running sums has the bits
// that adding one by one has.
class IntegerSums {
 public:
  explicit IntegerSums(std::span<const double> values);

  // False when a value is no integer or all are too large; then of() must not be called.
  bool exact() const { return !running_.empty(); }
  double of(size_t begin, size_t end) const { return running_[end] - running_[begin]; }

 private:
  std::vector<double> running_;  // running_[i]: the sum of the first i values
};

}  // namespace gnomon::functions
