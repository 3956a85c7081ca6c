#include <algorithm>
#include <cmath>
#include <vector>

#include "src/functions/families.h"
#include "src/functions/folds.h"
#include "src/functions/quantile.h"
#include "src/functions/remarks.h"

namespace gnomon::functions {
namespace {

using model::Column;

template <typename T>
struct VarianceFold {
  T count{};
  Kahan<T> mean;
  Kahan<T> squares;

  GNOMON_INLINE void add(const T& x) {
    count = count + 1.0;
    const T delta = x - mean.value();
    mean.add(delta / count);
    squares.add(delta * (x - mean.value()));
  }
  GNOMON_INLINE VarianceFold<double> lane(size_t j) const {
    return {count[j], {mean.sum[j], mean.c[j]}, {squares.sum[j], squares.c[j]}};
  }
};

GNOMON_CLONES void variance_block(const double* values, const WindowBlock& block, double* out) {
  fold_block<VarianceFold>(values, block, [&](size_t i, const VarianceFold<double>& fold) {
    out[i] = fold.squares.value() / fold.count;
  });
}

template <bool kRoot>
void variance_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_block(input.times, context, [&](const WindowBlock& block) {
    double* to = out.values.data() + block.first_step;
    variance_block(input.values.data(), block, to);
    if (!kRoot) return;
    for (size_t i = 0; i < block.steps; ++i) {
      if (block.begin[i] < block.end[i]) to[i] = std::sqrt(to[i]);
    }
  });
  remark_ignored_histograms(input, context);
}

// The values of a window in order. From one window to the next only what comes and goes moves.
class SortedWindow {
 public:
  explicit SortedWindow(std::span<const double> values)
      : values_(values), negative_zeros_(std::any_of(values.begin(), values.end(), [](double v) {
          return v == 0 && std::signbit(v);
        })) {}

  // Windows ascend.
  std::span<const double> move_to(size_t begin, size_t end) {
    const size_t gone = std::min(begin, end_) - begin_;
    const size_t kept = sorted_.size() - std::min(gone, sorted_.size());
    if (begin >= end_ || (gone + end - end_) * 4 > kept) {
      sorted_.assign(values_.begin() + static_cast<std::ptrdiff_t>(begin),
                     values_.begin() + static_cast<std::ptrdiff_t>(end));
      sort();
    } else {
      for (size_t i = begin_; i < begin; ++i) {
        sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), values_[i], nan_first_less));
      }
      for (size_t i = end_; i < end; ++i) {
        sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), values_[i], nan_first_less),
                       values_[i]);
      }
    }
    begin_ = begin;
    end_ = end;
    return sorted_;
  }

 private:
  // Equal values stay in the order of time, as they do when they come one by one; only zeros of
  // both signs show it.
  void sort() {
    if (negative_zeros_) {
      std::stable_sort(sorted_.begin(), sorted_.end(), nan_first_less);
    } else {
      std::sort(sorted_.begin(), sorted_.end(), nan_first_less);
    }
  }

  std::span<const double> values_;
  bool negative_zeros_;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::vector<double> sorted_;
};

void quantile_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  Remarks remarks(context);
  SortedWindow window(input.values);
  double warned = 0.5;
  for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
    if (begin == end) return;
    const double q = context.scalars[0][step];
    if (!(q >= 0 && q <= 1) && q != warned) {
      remarks.invalid_quantile(q, remarks.first_argument());
      warned = q;
    }
    std::span<const double> sorted = window.move_to(begin, end);
    out.values[step] = quantile_of_sorted(q, sorted.data(), sorted.size());
  });
  remark_ignored_histograms(input, context);
}

// Median of the distances to the median; a NaN anywhere leaves neither defined.
void mad_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  SortedWindow window(input.values);
  std::vector<double> distances;
  for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
    if (begin == end) return;
    std::span<const double> sorted = window.move_to(begin, end);
    if (std::isnan(sorted.front())) {
      out.values[step] = model::kNaN;
      return;
    }
    const double median = quantile_of_sorted(0.5, sorted.data(), sorted.size());
    distances.assign(sorted.begin(), sorted.end());
    for (double& x : distances) x = std::fabs(x - median);
    std::sort(distances.begin(), distances.end(), nan_first_less);
    out.values[step] = quantile_of_sorted(0.5, distances.data(), distances.size());
  });
  remark_ignored_histograms(input, context);
}

constexpr ValueType kQuantile[] = {ValueType::Scalar, ValueType::RangeVector};

constexpr Function kRows[] = {
    {.name = "mad_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .rollup = mad_over_time,
     .documentation = "Median of the distances to the median of the range."},
    {.name = "quantile_over_time",
     .arguments = kQuantile,
     .shape = Shape::Rollup,
     .rollup = quantile_over_time,
     .documentation = "Quantile of the values in the range."},
    {.name = "stddev_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = variance_over_time<true>,
     .documentation = "Population standard deviation of the values in the range."},
    {.name = "stdvar_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = variance_over_time<false>,
     .documentation = "Population variance of the values in the range."},
};

}  // namespace

std::span<const Function> spread_family() { return kRows; }

}  // namespace gnomon::functions
