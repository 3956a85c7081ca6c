#include "src/functions/quantile.h"

#include <algorithm>
#include <limits>

#include "src/model/sample.h"

namespace gnomon::functions {

double quantile_of_sorted(double q, const double* sorted, size_t size) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (size == 0 || std::isnan(q)) return model::kNaN;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  const double rank = q * (static_cast<double>(size) - 1);
  const double floor = std::floor(rank);
  const double weight = rank - floor;
  const size_t lower = static_cast<size_t>(floor);
  const size_t upper = std::min(size - 1, lower + 1);
  return sorted[lower] * (1 - weight) + sorted[upper] * weight;
}

double quantile(double q, std::vector<double>& values) {
  std::sort(values.begin(), values.end(), nan_first_less);
  return quantile_of_sorted(q, values.data(), values.size());
}

}  // namespace gnomon::functions
