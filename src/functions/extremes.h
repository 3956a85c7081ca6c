#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gnomon::functions {

// Largest (or smallest) value of any index range of a series: a NaN counts only when all are NaN,
// and of 0 and -0 the first wins, as in Prometheus.
template <bool kMax>
class Extremes {
 public:
  // `typical_window`: samples of a window, to decide whether block extremes are worth it.
  // `values` must outlive this.
  Extremes(std::span<const double> values, size_t typical_window);
  // begin < end.
  double of(size_t begin, size_t end) const;

 private:
  static constexpr size_t kBlock = 32;

  const double* values_;
  bool plain_;                  // no NaN and no -0: order does not matter
  std::vector<double> blocks_;  // of kBlock values each; empty when not worth it
};

}  // namespace gnomon::functions
