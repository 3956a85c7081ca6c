#include "src/functions/extended.h"

#include <algorithm>

#include "src/functions/lookback.h"
#include "src/functions/windows.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::HistogramSample;

// The float samples of one step: those of the range and of the lookback around it.
struct ExtendedWindow {
  std::span<const int64_t> times;
  std::span<const double> values;
  int64_t range_start = 0;
  int64_t range_end = 0;

  size_t last() const { return times.size() - 1; }
  // The newest sample at or before the start of the range, else the first. The last sample is never
  // looked at.
  size_t first_index() const {
    auto end = times.end() - 1;
    auto at = std::upper_bound(times.begin(), end, range_start) - times.begin();
    return at > 0 ? static_cast<size_t>(at - 1) : 0;
  }
  size_t smoothed_last() const {
    auto end = times.end() - 1;
    return static_cast<size_t>(std::lower_bound(times.begin(), end, range_end) - times.begin());
  }
  double at(size_t i, int64_t t, bool counter) const {
    return interpolate(times[i], values[i], times[i + 1], values[i + 1], t, counter);
  }
};

double reset_correction(double left, double right, std::span<const double> between) {
  double correction = 0;
  double previous = left;
  for (double v : between) {
    if (v < previous) correction += previous;
    previous = v;
  }
  if (right < previous) correction += previous;
  return correction;
}

// False when the range holds nothing.
bool extended_difference(const ExtendedWindow& w, bool smoothed, bool counter, double& result) {
  size_t first = w.first_index();
  size_t last = smoothed ? w.smoothed_last() : w.last();
  if (w.times[last] <= w.range_start) return false;
  if (smoothed && w.times[first] > w.range_end) return false;
  const double left = smoothed && w.times[first] < w.range_start
                          ? w.at(first, w.range_start, counter)
                          : w.values[first];
  const double right = smoothed && last > 0 && w.times[last] > w.range_end
                           ? w.at(last - 1, w.range_end, counter)
                           : w.values[last];
  result = right - left;
  if (!counter) return true;
  // What lies on a border or beyond is already in left and right.
  size_t begin = w.times[first] <= w.range_start ? first + 1 : first;
  size_t end = w.times[last] >= w.range_end ? last : last + 1;
  std::span<const double> between;
  if (begin < end) between = w.values.subspan(begin, end - begin);
  result += reset_correction(left, right, between);
  return true;
}

// The histogram at t among those around it, null when none is before it.
std::shared_ptr<model::Histogram> smoothed_histogram(std::span<const HistogramSample> window,
                                                     int64_t t, Remarks& remarks) {
  using model::CounterResetHint;
  const auto next =
      std::ranges::lower_bound(window, t, {}, [](const HistogramSample& s) { return s.time_ms; });
  if (next != window.end() && next->time_ms == t) {
    return std::make_shared<model::Histogram>(*next->histogram);
  }
  if (next == window.begin()) return nullptr;
  const HistogramSample& before = *(next - 1);
  if (next == window.end()) {
    auto histogram = std::make_shared<model::Histogram>(*before.histogram);
    histogram->hint = CounterResetHint::Unknown;  // it told of the sample, not of the value
    return histogram;
  }
  if (before.histogram->custom() != next->histogram->custom()) {
    remarks.mixed_schemas(remarks.position());
    return nullptr;
  }
  const bool gauges = before.histogram->hint == CounterResetHint::Gauge &&
                      next->histogram->hint == CounterResetHint::Gauge;
  return interpolate(before, *next, t, !gauges, remarks);
}

}  // namespace

double interpolate(int64_t time1, double value1, int64_t time2, double value2, int64_t t,
                   bool counter) {
  if (counter && value2 < value1) value1 = 0;
  return value1 +
         (value2 - value1) * static_cast<double>(t - time1) / static_cast<double>(time2 - time1);
}

void extended_rate(const RollupInput& input, const RollupContext& context, bool counter,
                   bool per_second, Remarks& remarks, Column& out) {
  const bool smoothed = context.modifier == RangeModifier::Smoothed;
  const int64_t after = smoothed ? context.lookback_ms : 0;
  const double seconds = range_seconds(context.range_ms);
  const ExtendedMode mode{smoothed, counter, per_second, seconds};
  RollupContext wide = context;
  wide.range_ms = context.range_ms + context.lookback_ms + after;
  wide.grid.start_ms += after;
  wide.grid.end_ms += after;
  for_each_window(input, wide, [&](size_t step, const Window& window) {
    if (window.size() > 0 && !window.histograms.empty()) return remarks.mixed_floats_histograms();
    const int64_t t = context.grid.at(step);
    if (window.size() == 0) {
      auto histogram =
          extended_histogram_rate(window.histograms, t - context.range_ms, t, mode, remarks);
      if (histogram) out.set_histogram(step, std::move(histogram));
      return;
    }
    const ExtendedWindow extended{input.times.subspan(window.begin, window.size()),
                                  input.values.subspan(window.begin, window.size()),
                                  t - context.range_ms, t};
    double result = 0;
    if (!extended_difference(extended, smoothed, counter, result)) return;
    out.values[step] = per_second ? result / seconds : result;
  });
}

void instant_smoothed(std::span<const int64_t> times, std::span<const double> values,
                      std::span<const HistogramSample> histograms, const SmoothContext& context,
                      Column& out) {
  out.reset(context.grid.steps());
  RollupContext wide;
  wide.range_ms = 2 * context.lookback_ms;
  wide.grid = context.grid;
  wide.grid.start_ms += context.lookback_ms;
  wide.grid.end_ms += context.lookback_ms;
  wide.metric_name = context.metric_name;
  wide.position = context.position;
  wide.annotations = context.annotations;
  Remarks remarks(wide);
  for_each_window({times, values, {}, histograms}, wide, [&](size_t step, const Window& w) {
    if (w.size() > 0 && !w.histograms.empty()) return remarks.mixed_floats_histograms();
    const int64_t t = context.grid.at(step);
    if (w.size() == 0) {
      auto histogram = smoothed_histogram(w.histograms, t, remarks);
      if (histogram) out.set_histogram(step, std::move(histogram));
      return;
    }
    auto begin = times.begin() + static_cast<std::ptrdiff_t>(w.begin);
    auto end = times.begin() + static_cast<std::ptrdiff_t>(w.end);
    const size_t next = static_cast<size_t>(std::lower_bound(begin, end, t) - times.begin());
    if (next < w.end && times[next] == t) {
      out.values[step] = values[next];
    } else if (next > w.begin && next < w.end) {
      out.values[step] =
          interpolate(times[next - 1], values[next - 1], times[next], values[next], t, false);
    } else if (next > w.begin) {
      out.values[step] = values[next - 1];
    }
  });
}

}  // namespace gnomon::functions
