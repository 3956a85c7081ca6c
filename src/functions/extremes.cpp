#include "src/functions/extremes.h"

#include <bit>
#include <limits>

#include "src/functions/simd.h"

namespace gnomon::functions {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

template <bool kMax, typename T>
GNOMON_INLINE void keep(T& best, const T& x) {
  best = kMax ? (x > best ? x : best) : (x < best ? x : best);
}

// Of values without NaN and -0.
template <bool kMax>
GNOMON_INLINE double plain_extreme(const double* values, size_t size) {
  Vec best = splat(kMax ? -kInf : kInf);
  Vec other = best;
  size_t i = 0;
  for (; i + 2 * kLanes <= size; i += 2 * kLanes) {
    keep<kMax, Vec>(best, load(values + i));
    keep<kMax, Vec>(other, load(values + i + kLanes));
  }
  keep<kMax, Vec>(best, other);
  double result = best[0];
  for (size_t j = 1; j < kLanes; ++j) keep<kMax, double>(result, best[j]);
  for (; i < size; ++i) keep<kMax, double>(result, values[i]);
  return result;
}

GNOMON_CLONES double plain_max(const double* values, size_t size) {
  return plain_extreme<true>(values, size);
}
GNOMON_CLONES double plain_min(const double* values, size_t size) {
  return plain_extreme<false>(values, size);
}

template <bool kMax>
double careful_extreme(const double* values, size_t size) {
  double best = values[0];
  for (size_t i = 1; i < size; ++i) {
    if ((kMax ? values[i] > best : values[i] < best) || std::isnan(best)) best = values[i];
  }
  return best;
}

GNOMON_CLONES bool has_nan_or_negative_zero(const double* values, size_t size) {
  constexpr int64_t kNegativeZero = std::numeric_limits<int64_t>::min();
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const Vec x = load(values + i);
    VecInt bits;
    std::memcpy(&bits, &x, sizeof bits);
    if (any((x != x) | (bits == kNegativeZero))) return true;
  }
  for (; i < size; ++i) {
    if (std::isnan(values[i]) || std::bit_cast<int64_t>(values[i]) == kNegativeZero) return true;
  }
  return false;
}

}  // namespace

template <bool kMax>
Extremes<kMax>::Extremes(std::span<const double> values, size_t typical_window)
    : values_(values.data()), plain_(!has_nan_or_negative_zero(values.data(), values.size())) {
  if (!plain_ || typical_window < 4 * kBlock) return;
  blocks_.resize(values.size() / kBlock);
  for (size_t b = 0; b < blocks_.size(); ++b) {
    const double* from = values_ + b * kBlock;
    blocks_[b] = kMax ? plain_max(from, kBlock) : plain_min(from, kBlock);
  }
}

template <bool kMax>
double Extremes<kMax>::of(size_t begin, size_t end) const {
  if (!plain_) return careful_extreme<kMax>(values_ + begin, end - begin);
  auto plain = [](const double* from, size_t size) {
    return kMax ? plain_max(from, size) : plain_min(from, size);
  };
  const size_t first_block = (begin + kBlock - 1) / kBlock;
  const size_t last_block = end / kBlock;
  if (blocks_.empty() || first_block >= last_block) return plain(values_ + begin, end - begin);
  double best = plain(blocks_.data() + first_block, last_block - first_block);
  if (begin < first_block * kBlock) {
    keep<kMax, double>(best, plain(values_ + begin, first_block * kBlock - begin));
  }
  if (last_block * kBlock < end) {
    keep<kMax, double>(best, plain(values_ + last_block * kBlock, end - last_block * kBlock));
  }
  return best;
}

template class Extremes<true>;
template class Extremes<false>;

}  // namespace gnomon::functions
