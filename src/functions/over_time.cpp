#include <cmath>

#include "src/functions/extremes.h"
#include "src/functions/families.h"
#include "src/functions/folds.h"
#include "src/functions/histogram_rollup.h"
#include "src/functions/integer_sums.h"

namespace gnomon::functions {
namespace {

using model::Column;

double seconds(int64_t time_ms) { return static_cast<double>(time_ms) / 1000; }

template <typename T>
struct SumFold {
  Kahan<T> total;

  GNOMON_INLINE void add(const T& x) { total.add(x); }
  GNOMON_INLINE SumFold<double> lane(size_t j) const { return {{total.sum[j], total.c[j]}}; }
};

GNOMON_CLONES void sum_block(const double* values, const WindowBlock& block, double* out) {
  fold_block<SumFold>(values, block,
                      [&](size_t i, const SumFold<double>& fold) { out[i] = fold.total.value(); });
}

// Where the running sum overflows, the mean goes on incrementally.
double overflowing_mean(std::span<const double> values) {
  KahanSum sum{values[0]};
  KahanSum mean;
  bool incremental = false;
  double count = 1;
  for (double x : values.subspan(1)) {
    count += 1;
    if (!incremental) {
      KahanSum next = sum;
      next.add(x);
      if (!std::isinf(next.sum)) {
        sum = next;
        continue;
      }
      incremental = true;
      mean = {sum.sum / (count - 1), sum.c / (count - 1)};
    }
    const double q = (count - 1) / count;
    mean = {q * mean.sum, q * mean.c};
    mean.add(x / count);
  }
  return incremental ? mean.value() : sum.sum / count + sum.c / count;
}

GNOMON_CLONES void avg_block(const double* values, const WindowBlock& block, double* out) {
  fold_block<SumFold>(values, block, [&](size_t i, const SumFold<double>& fold) {
    const size_t begin = block.begin[i], size = block.end[i] - begin;
    const double count = static_cast<double>(size);
    out[i] = std::isfinite(fold.total.sum) ? fold.total.sum / count + fold.total.c / count
                                           : overflowing_mean({values + begin, size});
  });
}

using BlockKernel = void (*)(const double* values, const WindowBlock& block, double* out);

// Running sums pay when each sample is in several windows.
bool windows_overlap(const RollupInput& input, const RollupContext& context) {
  constexpr size_t kOverlap = 4;
  const size_t in_windows = context.grid.steps() * typical_window(input.times, context.range_ms);
  return in_windows > kOverlap * input.times.size();
}

void total_floats(const RollupInput& input, const RollupContext& context, bool average,
                  Column& out) {
  if (windows_overlap(input, context)) {
    const IntegerSums sums(input.values);
    if (sums.exact()) {
      return for_each_float_window(
          input.times, context, [&](size_t step, size_t begin, size_t end) {
            if (begin == end) return;
            const double sum = sums.of(begin, end);
            out.values[step] = average ? sum / static_cast<double>(end - begin) : sum;
          });
    }
  }
  const BlockKernel kernel = average ? avg_block : sum_block;
  for_each_block(input.times, context, [&](const WindowBlock& block) {
    kernel(input.values.data(), block, out.values.data() + block.first_step);
  });
}

// Windows of histograms have a total too; one of floats and histograms has none.
void add_histograms(const RollupInput& input, const RollupContext& context, bool average,
                    Column& out) {
  if (input.histograms.empty()) return;
  Remarks remarks(context);
  for_each_window(input, context, [&](size_t step, const Window& w) {
    if (w.histograms.empty()) return;
    if (w.size() > 0) {
      out.erase(step);
      return remarks.mixed_floats_histograms();
    }
    auto total = histogram_total(w.histograms, average, remarks);
    if (total) out.set_histogram(step, std::move(total));
  });
}

void sum_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  total_floats(input, context, false, out);
  add_histograms(input, context, false, out);
}

void avg_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  total_floats(input, context, true, out);
  add_histograms(input, context, true, out);
}

void count_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_window(input, context, [&](size_t step, const Window& w) {
    out.values[step] = static_cast<double>(w.size() + w.histograms.size());
  });
}

void present_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_window(input, context, [&](size_t step, const Window&) { out.values[step] = 1; });
}

bool float_is_first(const RollupInput& input, const Window& w) {
  return w.histograms.empty() ||
         (w.size() > 0 && input.times[w.begin] < w.histograms.front().time_ms);
}

bool float_is_last(const RollupInput& input, const Window& w) {
  return w.histograms.empty() ||
         (w.size() > 0 && input.times[w.end - 1] > w.histograms.back().time_ms);
}

void first_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_window(input, context, [&](size_t step, const Window& w) {
    if (float_is_first(input, w)) {
      out.values[step] = input.values[w.begin];
    } else {
      out.set_histogram(step, w.histograms.front().histogram);
    }
  });
}

void last_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_window(input, context, [&](size_t step, const Window& w) {
    if (float_is_last(input, w)) {
      out.values[step] = input.values[w.end - 1];
    } else {
      out.set_histogram(step, w.histograms.back().histogram);
    }
  });
}

void time_of_first(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_window(input, context, [&](size_t step, const Window& w) {
    out.values[step] =
        seconds(float_is_first(input, w) ? input.times[w.begin] : w.histograms.front().time_ms);
  });
}

void time_of_last(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_window(input, context, [&](size_t step, const Window& w) {
    out.values[step] =
        seconds(float_is_last(input, w) ? input.times[w.end - 1] : w.histograms.back().time_ms);
  });
}

template <bool kMax>
void extreme_over_time(const RollupInput& input, const RollupContext& context, Column& out) {
  const Extremes<kMax> extremes(input.values, typical_window(input.times, context.range_ms));
  for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
    if (begin < end) out.values[step] = extremes.of(begin, end);
  });
  remark_ignored_histograms(input, context);
}

// The last of several equal extremes counts.
template <bool kMax>
void time_of_extreme(const RollupInput& input, const RollupContext& context, Column& out) {
  for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
    if (begin == end) return;
    size_t best = begin;
    for (size_t i = begin + 1; i < end; ++i) {
      const double x = input.values[i], y = input.values[best];
      if ((kMax ? x >= y : x <= y) || std::isnan(y)) best = i;
    }
    out.values[step] = seconds(input.times[best]);
  });
  remark_ignored_histograms(input, context);
}

constexpr Function kRows[] = {
    {.name = "avg_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = avg_over_time,
     .documentation = "Mean of the samples in the range."},
    {.name = "count_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = count_over_time,
     .documentation = "Number of samples in the range."},
    {.name = "first_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = first_over_time,
     .keeps_name = true,
     .documentation = "The oldest sample in the range."},
    {.name = "last_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = last_over_time,
     .keeps_name = true,
     .documentation = "The newest sample in the range."},
    {.name = "max_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = extreme_over_time<true>,
     .documentation = "Largest value in the range."},
    {.name = "min_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = extreme_over_time<false>,
     .documentation = "Smallest value in the range."},
    {.name = "present_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = present_over_time,
     .documentation = "1 where the range holds a sample."},
    {.name = "sum_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = sum_over_time,
     .documentation = "Sum of the samples in the range."},
    {.name = "ts_of_first_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .rollup = time_of_first,
     .documentation = "Time of the oldest sample in the range, in seconds."},
    {.name = "ts_of_last_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .rollup = time_of_last,
     .documentation = "Time of the newest sample in the range, in seconds."},
    {.name = "ts_of_max_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .rollup = time_of_extreme<true>,
     .documentation = "Time of the last occurrence of the largest value, in seconds."},
    {.name = "ts_of_min_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .rollup = time_of_extreme<false>,
     .documentation = "Time of the last occurrence of the smallest value, in seconds."},
};

}  // namespace

std::span<const Function> over_time_family() { return kRows; }

}  // namespace gnomon::functions
