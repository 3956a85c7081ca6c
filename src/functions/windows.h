#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "src/functions/kernels.h"

namespace gnomon::functions {

// Walks ascending times: index of the first time after `t`. The guess is that as many samples go by
// as at the last call, which is right at once for regular times.
class TimeCursor {
 public:
  explicit TimeCursor(std::span<const int64_t> times) : times_(times.data()), size_(times.size()) {}

  // t must not decrease from call to call.
  size_t first_after(int64_t t) {
    size_t guess = std::min(at_ + stride_, size_);
    if (is_first_after(guess, t)) return at_ = guess;
    // Jitter moved a sample over the border. Which way is not worth a branch to mispredict.
    const size_t more = guess < size_ ? static_cast<size_t>(times_[guess] <= t) : 0;
    const size_t less = guess > at_ ? static_cast<size_t>(times_[guess - 1] > t) : 0;
    guess = guess + more - less;
    if (is_first_after(guess, t)) return at_ = guess;
    return search(t);
  }

 private:
  // For i >= at_.
  bool is_first_after(size_t i, int64_t t) const {
    return (i == at_ || times_[i - 1] <= t) && (i == size_ || times_[i] > t);
  }

  size_t search(int64_t t) {
    size_t low = at_;
    size_t width = 1;
    while (low + width < size_ && times_[low + width] <= t) width *= 2;
    const int64_t* begin = times_ + low;
    const int64_t* end = times_ + std::min(low + width, size_);
    const size_t found = static_cast<size_t>(std::upper_bound(begin, end, t) - times_);
    stride_ = found - at_;
    at_ = found;
    return found;
  }

  const int64_t* times_;
  size_t size_;
  size_t at_ = 0;
  size_t stride_ = 0;
};

// The length of a range in seconds, as Go's Duration.Seconds rounds it.
inline double range_seconds(int64_t range_ms) {
  return static_cast<double>(range_ms / 1000) +
         static_cast<double>(range_ms % 1000 * 1'000'000) / 1e9;
}

// The samples of one step's window: [begin, end) of the floats, histograms apart.
struct Window {
  size_t begin = 0;
  size_t end = 0;
  std::span<const model::HistogramSample> histograms = {};

  size_t size() const { return end - begin; }
  bool empty() const { return begin == end && histograms.empty(); }
};

// Cuts many steps into runs, between which RollupContext::stopped is asked.
class Runs {
 public:
  // Each of the steps looks at `samples` at most.
  Runs(const RollupContext& context, size_t samples)
      : stopped_(context.stopped),
        steps_(context.grid.steps()),
        length_(std::max<size_t>(kSamples / std::max<size_t>(samples, 1), 1)) {}

  // Where the run that begins at `step` ends; `step` itself when there is none to come.
  size_t end(size_t step) {
    if (step > 0 && step < steps_ && stopped_ != nullptr && (*stopped_)()) steps_ = step;
    return std::min(steps_, step + length_);
  }

 private:
  static constexpr size_t kSamples = 16 << 20;  // some ten milliseconds' work

  const std::function<bool()>* stopped_;
  size_t steps_;
  const size_t length_;
};

// Calls visit(step, begin, end) for each step of the grid: the window (t - range, t] of `times`.
template <typename Visit>
void for_each_float_window(std::span<const int64_t> times, const RollupContext& context,
                           Visit visit) {
  TimeCursor first(times), last(times);
  Runs runs(context, times.size());
  const int64_t range_ms = context.range_ms;
  const int64_t step_ms = context.grid.step_ms;
  int64_t t = context.grid.start_ms;
  size_t step = 0;
  for (size_t run = runs.end(0); step < run; run = runs.end(step)) {
    for (; step < run; ++step, t += step_ms) {
      const size_t begin = first.first_after(t - range_ms);
      const size_t end = last.first_after(t);
      visit(step, begin, end);
    }
  }
}

// Calls visit(step, window) for each step whose window holds a float or a histogram.
template <typename Visit>
void for_each_window(const RollupInput& input, const RollupContext& context, Visit visit) {
  TimeCursor first(input.times), last(input.times);
  Runs runs(context, input.times.size() + input.histograms.size());
  size_t first_histogram = 0, last_histogram = 0;
  const auto visit_step = [&](size_t step) {
    const int64_t t = context.grid.at(step);
    Window window{first.first_after(t - context.range_ms), last.first_after(t)};
    while (last_histogram < input.histograms.size() &&
           input.histograms[last_histogram].time_ms <= t) {
      ++last_histogram;
    }
    while (first_histogram < last_histogram &&
           input.histograms[first_histogram].time_ms <= t - context.range_ms) {
      ++first_histogram;
    }
    window.histograms = input.histograms.subspan(first_histogram, last_histogram - first_histogram);
    if (!window.empty()) visit(step, window);
  };
  size_t step = 0;
  for (size_t run = runs.end(0); step < run; run = runs.end(step)) {
    for (; step < run; ++step) visit_step(step);
  }
}

// How many samples a window holds at the series' mean rate.
inline size_t typical_window(std::span<const int64_t> times, int64_t range_ms) {
  if (times.size() < 2) return times.size();
  const double span = static_cast<double>(times.back() - times.front()) + 1;
  const double share = std::min(1.0, static_cast<double>(range_ms) / span);
  return static_cast<size_t>(share * static_cast<double>(times.size()));
}

}  // namespace gnomon::functions
