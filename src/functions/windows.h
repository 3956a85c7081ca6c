#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "src/functions/rollup.h"

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

// Notices on the way through many windows of many samples that nobody waits for the result.
class Pace {
 public:
  explicit Pace(const RollupContext& context) : stopped_(context.stopped) {}

  // False: stop. `samples` were looked at.
  bool go_on(size_t samples) {
    left_ -= static_cast<int64_t>(samples);
    return left_ > 0 || ask();
  }

 private:
  static constexpr int64_t kSamples = 16 << 20;  // some ten milliseconds' work

  bool ask() {
    left_ = kSamples;
    return stopped_ == nullptr || !(*stopped_)();
  }

  const std::function<bool()>* stopped_;
  int64_t left_ = kSamples;
};

// Calls visit(step, begin, end) for each step of the grid: the window (t - range, t] of `times`.
template <typename Visit>
void for_each_float_window(std::span<const int64_t> times, const RollupContext& context,
                           Visit visit) {
  TimeCursor first(times), last(times);
  Pace pace(context);
  const size_t steps = context.grid.steps();
  int64_t t = context.grid.start_ms;
  for (size_t step = 0; step < steps; ++step, t += context.grid.step_ms) {
    const size_t begin = first.first_after(t - context.range_ms);
    const size_t end = last.first_after(t);
    visit(step, begin, end);
    if (!pace.go_on(end - begin)) return;
  }
}

// Calls visit(step, window) for each step whose window holds a float or a histogram.
template <typename Visit>
void for_each_window(const RollupInput& input, const RollupContext& context, Visit visit) {
  TimeCursor first(input.times), last(input.times);
  Pace pace(context);
  size_t first_histogram = 0, last_histogram = 0;
  const size_t steps = context.grid.steps();
  for (size_t step = 0; step < steps; ++step) {
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
    if (!pace.go_on(window.size() + window.histograms.size())) return;
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
