#include "src/functions/lookback.h"

#include "src/functions/windows.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::HistogramSample;
using model::kStale;
using model::TimeGrid;

// Index of the newest histogram at or before t, ascending calls; -1 when there is none.
class HistogramCursor {
 public:
  explicit HistogramCursor(std::span<const HistogramSample> histograms) : histograms_(histograms) {}

  const HistogramSample* newest(int64_t t) {
    while (next_ < histograms_.size() && histograms_[next_].time_ms <= t) ++next_;
    return next_ == 0 ? nullptr : &histograms_[next_ - 1];
  }

 private:
  std::span<const HistogramSample> histograms_;
  size_t next_ = 0;
};

// A stale marker is also the column's word for "absent", so floats need no test of their own.
void lookback_floats(std::span<const int64_t> times, std::span<const double> values,
                     const TimeGrid& grid, int64_t lookback_ms, Column& out) {
  TimeCursor cursor(times);
  const size_t steps = out.steps();
  int64_t t = grid.start_ms;
  for (size_t step = 0; step < steps; ++step, t += grid.step_ms) {
    const size_t end = cursor.first_after(t);
    if (end > 0 && times[end - 1] > t - lookback_ms) out.values[step] = values[end - 1];
  }
}

// Calls on_float(step, index) or on_histogram(step, sample) for each step that has a point.
template <typename OnFloat, typename OnHistogram>
void select(std::span<const int64_t> times, std::span<const double> values,
            std::span<const HistogramSample> histograms, const TimeGrid& grid, int64_t lookback_ms,
            OnFloat on_float, OnHistogram on_histogram) {
  TimeCursor cursor(times);
  HistogramCursor histogram_cursor(histograms);
  const size_t steps = grid.steps();
  for (size_t step = 0; step < steps; ++step) {
    const int64_t t = grid.at(step);
    const size_t end = cursor.first_after(t);
    const HistogramSample* histogram = histogram_cursor.newest(t);
    const bool float_newer =
        end > 0 && (histogram == nullptr || times[end - 1] > histogram->time_ms);
    if (float_newer) {
      if (times[end - 1] > t - lookback_ms && !model::is_stale(values[end - 1])) {
        on_float(step, end - 1);
      }
    } else if (histogram != nullptr && histogram->time_ms > t - lookback_ms &&
               !model::is_stale(histogram->histogram->sum)) {
      on_histogram(step, *histogram);
    }
  }
}

double seconds(int64_t time_ms) { return static_cast<double>(time_ms) / 1000; }

}  // namespace

void instant_lookback(std::span<const int64_t> times, std::span<const double> values,
                      std::span<const HistogramSample> histograms, const TimeGrid& grid,
                      int64_t lookback_ms, Column& out) {
  out.reset(grid.steps());
  if (histograms.empty()) return lookback_floats(times, values, grid, lookback_ms, out);
  select(
      times, values, histograms, grid, lookback_ms,
      [&](size_t step, size_t at) { out.values[step] = values[at]; },
      [&](size_t step, const HistogramSample& sample) {
        out.set_histogram(step, sample.histogram);
      });
}

void instant_lookback_time(std::span<const int64_t> times, std::span<const double> values,
                           std::span<const HistogramSample> histograms, const TimeGrid& grid,
                           int64_t lookback_ms, Column& out) {
  out.reset(grid.steps());
  select(
      times, values, histograms, grid, lookback_ms,
      [&](size_t step, size_t at) { out.values[step] = seconds(times[at]); },
      [&](size_t step, const HistogramSample& sample) {
        out.values[step] = seconds(sample.time_ms);
      });
}

void instant_lookback_start(std::span<const int64_t> times, std::span<const double> values,
                            std::span<const int64_t> starts,
                            std::span<const HistogramSample> histograms, const TimeGrid& grid,
                            int64_t lookback_ms, Column& out) {
  out.reset(grid.steps());
  select(
      times, values, histograms, grid, lookback_ms,
      [&](size_t step, size_t at) { out.values[step] = starts.empty() ? 0 : seconds(starts[at]); },
      [&](size_t step, const HistogramSample& sample) {
        out.values[step] = seconds(sample.start_ms);
      });
}

}  // namespace gnomon::functions
