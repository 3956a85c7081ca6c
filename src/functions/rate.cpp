#include <algorithm>
#include <optional>
#include <vector>

#include "src/functions/counter_resets.h"
#include "src/functions/extended.h"
#include "src/functions/families.h"
#include "src/functions/histogram_rollup.h"
#include "src/functions/steady_histograms.h"
#include "src/functions/windows.h"

namespace gnomon::functions {
namespace {

using model::Column;

struct Mode {
  bool counter = false;
  bool per_second = false;
};

// Where the samples of a window lie in it, and what the extrapolation makes of it.
struct Extent {
  int64_t range_start = 0;
  int64_t range_end = 0;
  int64_t first = 0;
  int64_t last = 0;
  size_t samples = 0;

  // `increase` and `first_value` place the counter's zero. start_ms != 0: the counter began there.
  double factor(bool counter, double increase, double first_value, int64_t start_ms) const {
    double to_start = static_cast<double>(first - range_start) / 1000;
    double to_end = static_cast<double>(range_end - last) / 1000;
    double sampled = static_cast<double>(last - first) / 1000;
    double average = 0;
    if (samples > 1) average = sampled / static_cast<double>(samples - 1);
    const double threshold = average * 1.1;
    if (start_ms != 0) {
      to_start = 0;
      sampled = static_cast<double>(last - start_ms) / 1000;
    } else {
      if (to_start >= threshold) to_start = average / 2;
      if (counter && increase > 0 && first_value >= 0) {
        const double to_zero = sampled * (first_value / increase);
        if (to_zero < to_start) to_start = to_zero;
      }
    }
    if (to_end >= threshold) to_end = average / 2;
    return sampled != 0 ? (sampled + to_start + to_end) / sampled : 1.0;
  }
};

// The start timestamp of the first sample when the counter began within the window, else 0.
int64_t start_within(const Extent& extent, int64_t start_ms) {
  const bool within = start_ms != 0 && start_ms > extent.range_start && start_ms < extent.first;
  return within ? start_ms : 0;
}

template <Mode kMode>
class FloatRate {
 public:
  FloatRate(const RollupInput& input, const RollupContext& context)
      : times_(input.times),
        values_(input.values),
        starts_(context.use_start_timestamps ? input.starts : std::span<const int64_t>()),
        range_ms_(context.range_ms),
        range_seconds_(range_seconds(context.range_ms)) {
    if (kMode.counter) resets_ = find_resets(times_, values_, starts_);
  }

  // Sets `out` to the point of a window of at least one float, if it has one. Windows ascend.
  void point(int64_t t, size_t begin, size_t end, double& out) {
    const Extent extent{t - range_ms_, t, times_[begin], times_[end - 1], end - begin};
    double result = values_[end - 1] - values_[begin];
    int64_t start_ms = 0;
    if constexpr (kMode.counter) {
      while (next_reset_ < resets_.size() && resets_[next_reset_] <= begin) ++next_reset_;
      for (size_t r = next_reset_; r < resets_.size() && resets_[r] < end; ++r) {
        result += values_[resets_[r] - 1];
      }
      if (!starts_.empty()) {
        start_ms = start_within(extent, starts_[begin]);
        if (start_ms != 0) result += values_[begin];
      }
    }
    if (extent.samples < 2 && start_ms == 0) return;
    double factor = extent.factor(kMode.counter, result, values_[begin], start_ms);
    if (kMode.per_second) factor /= range_seconds_;
    out = result * factor;
  }

 private:
  std::span<const int64_t> times_;
  std::span<const double> values_;
  std::span<const int64_t> starts_;
  int64_t range_ms_;
  double range_seconds_;
  std::vector<uint32_t> resets_;  // indices of samples that are a reset
  size_t next_reset_ = 0;
};

template <Mode kMode>
class HistogramRate {
 public:
  HistogramRate(const RollupInput& input, const RollupContext& context, Remarks& remarks)
      : all_(input.histograms),
        context_(context),
        use_starts_(kMode.counter && context.use_start_timestamps),
        remarks_(remarks) {
    if (!kMode.counter) return;
    resets_ = find_histogram_resets(all_, use_starts_);
    steady_.emplace(all_, resets_);
  }

  // The point of a window of histograms, null when it has none.
  std::shared_ptr<model::Histogram> point(int64_t t,
                                          std::span<const model::HistogramSample> window) {
    const Extent extent{t - context_.range_ms, t, window.front().time_ms, window.back().time_ms,
                        window.size()};
    const int64_t start_ms = use_starts_ ? start_within(extent, window.front().start_ms) : 0;
    if (extent.samples < 2 && start_ms == 0) return nullptr;
    const auto first = static_cast<size_t>(window.data() - all_.data());
    const model::Histogram &earlier = *window.front().histogram, &later = *window.back().histogram;
    if (steady_ && start_ms == 0 && steady_->covers(first, first + window.size() - 1)) {
      const double increase = later.count - earlier.count;
      return SteadyHistograms::scaled_difference(later, earlier,
                                                 factor(extent, increase, earlier.count, 0));
    }
    auto result =
        histogram_increase(window, resets_, first, kMode.counter, start_ms != 0, remarks_);
    if (!result) return nullptr;
    result->multiply(factor(extent, result->count.sum, earlier.count, start_ms));
    return std::make_shared<model::Histogram>(result->plain());
  }

 private:
  double factor(const Extent& extent, double increase, double first_count, int64_t start_ms) const {
    const double factor = extent.factor(kMode.counter, increase, first_count, start_ms);
    return kMode.per_second ? factor / range_seconds(context_.range_ms) : factor;
  }

  std::span<const model::HistogramSample> all_;
  const RollupContext& context_;
  bool use_starts_;
  Remarks& remarks_;
  std::vector<bool> resets_;
  std::optional<SteadyHistograms> steady_;  // of counters
};

template <Mode kMode>
void rate_of_both(const RollupInput& input, const RollupContext& context, Remarks& remarks,
                  Column& out) {
  FloatRate<kMode> floats(input, context);
  HistogramRate<kMode> histograms(input, context, remarks);
  for_each_window(input, context, [&](size_t step, const Window& w) {
    if (w.size() > 0 && !w.histograms.empty()) return remarks.mixed_floats_histograms();
    const int64_t t = context.grid.at(step);
    if (w.size() > 0) return floats.point(t, w.begin, w.end, out.values[step]);
    auto histogram = histograms.point(t, w.histograms);
    if (histogram) out.set_histogram(step, std::move(histogram));
  });
}

bool has_floats(const Column& column) {
  return std::any_of(column.values.begin(), column.values.end(),
                     [](double v) { return !model::is_stale(v); });
}

// One remark for each window with two neighbours whose start times contradict each other.
void remark_overlaps(const RollupInput& input, const RollupContext& context, Remarks& remarks) {
  std::vector<size_t> floats, histograms;  // the later ones of the two, ascending
  for (size_t i = 1; i < input.starts.size(); ++i) {
    if (start_overlaps(input.starts[i - 1], input.times[i - 1], input.starts[i])) {
      floats.push_back(i);
    }
  }
  for (size_t i = 1; i < input.histograms.size(); ++i) {
    const model::HistogramSample &before = input.histograms[i - 1], &after = input.histograms[i];
    if (start_overlaps(before.start_ms, before.time_ms, after.start_ms)) histograms.push_back(i);
  }
  if (floats.empty() && histograms.empty()) return;
  const auto any_within = [](const std::vector<size_t>& later, size_t begin, size_t end) {
    const auto found = std::upper_bound(later.begin(), later.end(), begin);
    return found != later.end() && *found < end;
  };
  for_each_window(input, context, [&](size_t, const Window& w) {
    if (w.empty() || (w.size() > 0 && !w.histograms.empty())) return;
    const auto first = static_cast<size_t>(w.histograms.data() - input.histograms.data());
    if (w.size() > 0 ? any_within(floats, w.begin, w.end)
                     : any_within(histograms, first, first + w.histograms.size())) {
      remarks.start_time_overlap();
    }
  });
}

// rate, increase and delta: extrapolatedRate of Prometheus' promql/functions.go.
template <Mode kMode>
void extrapolated(const RollupInput& input, const RollupContext& context, Column& out) {
  Remarks remarks(context);
  if (context.modifier != RangeModifier::None) {
    extended_rate(input, context, kMode.counter, kMode.per_second, remarks, out);
  } else if (!input.histograms.empty()) {
    rate_of_both<kMode>(input, context, remarks, out);
  } else {
    FloatRate<kMode> floats(input, context);
    int64_t t = context.grid.start_ms;
    for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
      if (begin < end) floats.point(t, begin, end, out.values[step]);
      t += context.grid.step_ms;
    });
  }
  if (!kMode.counter) return;
  if (has_floats(out)) remarks.possible_non_counter();
  if (context.use_start_timestamps && context.modifier == RangeModifier::None) {
    remark_overlaps(input, context, remarks);
  }
}

// One of the last two samples of a window, a float or a histogram.
struct Last {
  int64_t time_ms = 0;
  size_t index = 0;  // of a float
  const model::HistogramSample* histogram = nullptr;
};

// The last two samples of a window in time order; false when there are not two.
bool last_two(const RollupInput& input, const Window& w, Last& first, Last& second) {
  if (w.size() + w.histograms.size() < 2) return false;
  size_t float_end = w.end;
  size_t histogram_end = w.histograms.size();
  for (Last* last : {&second, &first}) {
    const bool is_float = float_end > w.begin &&
                          (histogram_end == 0 ||
                           input.times[float_end - 1] > w.histograms[histogram_end - 1].time_ms);
    if (is_float) {
      --float_end;
      *last = {input.times[float_end], float_end, nullptr};
    } else {
      --histogram_end;
      *last = {w.histograms[histogram_end].time_ms, 0, &w.histograms[histogram_end]};
    }
  }
  return true;
}

// irate and idelta: instantValue of promql/functions.go.
template <bool kPerSecond>
void of_last_two(const RollupInput& input, const RollupContext& context, Column& out) {
  Remarks remarks(context);
  std::span<const int64_t> starts;
  if (kPerSecond && context.use_start_timestamps) starts = input.starts;
  for_each_window(input, context, [&](size_t step, const Window& w) {
    Last first, second;
    if (!last_two(input, w, first, second) || first.time_ms == second.time_ms) return;
    const double interval = static_cast<double>(second.time_ms - first.time_ms) / 1000;
    if (first.histogram != nullptr || second.histogram != nullptr) {
      if (first.histogram == nullptr || second.histogram == nullptr) {
        return remarks.mixed_floats_histograms(remarks.all_arguments());
      }
      const model::HistogramSample &before = *first.histogram, &last = *second.histogram;
      const bool reset =
          kPerSecond &&
          ((context.use_start_timestamps &&
            start_is_reset(before.start_ms, before.time_ms, last.start_ms, last.time_ms)) ||
           detect_reset(*last.histogram, *before.histogram));
      auto histogram =
          histogram_step(*before.histogram, *last.histogram, kPerSecond, reset, interval, remarks);
      if (histogram) out.set_histogram(step, std::move(histogram));
      return;
    }
    const size_t i = first.index, j = second.index;
    double result = input.values[j];
    const bool reset =
        kPerSecond &&
        (input.values[j] < input.values[i] ||
         (!starts.empty() && start_is_reset(starts[i], input.times[i], starts[j], input.times[j])));
    if (!reset) result -= input.values[i];
    if (kPerSecond) result /= interval;
    out.values[step] = result;
  });
}

constexpr Mode kDelta{};
constexpr Mode kIncrease{.counter = true};
constexpr Mode kRate{.counter = true, .per_second = true};

constexpr Function kRows[] = {
    {.name = "delta",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = extrapolated<kDelta>,
     .takes_anchored = true,
     .takes_smoothed = true,
     .documentation = "Difference between the ends of the range, extrapolated; for gauges."},
    {.name = "idelta",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = of_last_two<false>,
     .documentation = "Difference of the last two samples; for gauges."},
    {.name = "increase",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = extrapolated<kIncrease>,
     .takes_anchored = true,
     .takes_smoothed = true,
     .expects_counter = true,
     .documentation = "Growth of a counter over the range, extrapolated."},
    {.name = "irate",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = of_last_two<true>,
     .documentation = "Growth per second between the last two samples of a counter."},
    {.name = "rate",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = extrapolated<kRate>,
     .takes_anchored = true,
     .takes_smoothed = true,
     .expects_counter = true,
     .documentation = "Growth per second of a counter over the range, extrapolated."},
};

}  // namespace

std::span<const Function> rate_family() { return kRows; }

}  // namespace gnomon::functions
