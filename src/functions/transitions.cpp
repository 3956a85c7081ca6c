#include <cmath>
#include <vector>

#include "src/functions/counter_resets.h"
#include "src/functions/families.h"
#include "src/functions/histogram_ops.h"
#include "src/functions/windows.h"

namespace gnomon::functions {
namespace {

using model::Column;

// With `anchored` the newest sample at or before the start of the range is the one to start from.
// False when nothing follows it.
bool anchor(const RollupInput& input, int64_t range_start, Window& w) {
  auto times = input.times;
  size_t begin = w.begin;
  while (begin < w.end && times[begin] <= range_start) ++begin;
  size_t histogram = 0;
  while (histogram < w.histograms.size() && w.histograms[histogram].time_ms <= range_start) {
    ++histogram;
  }
  if (begin == w.end && histogram == w.histograms.size()) return false;
  const bool float_before = begin > w.begin;
  const bool histogram_before = histogram > 0;
  if (float_before &&
      (!histogram_before || times[begin - 1] >= w.histograms[histogram - 1].time_ms)) {
    --begin;
  } else if (histogram_before) {
    --histogram;
  }
  w.begin = begin;
  w.histograms = w.histograms.subspan(histogram);
  return true;
}

template <typename Visit>
void for_each_anchored_window(const RollupInput& input, const RollupContext& context, Visit visit) {
  if (context.modifier != RangeModifier::Anchored) return for_each_window(input, context, visit);
  RollupContext wide = context;
  wide.range_ms += context.lookback_ms;
  for_each_window(input, wide, [&](size_t step, Window window) {
    if (anchor(input, context.grid.at(step) - context.range_ms, window)) visit(step, window);
  });
}

// Counts events between neighbours of a window: `events` are ascending indices of samples that
// differ from the sample before. Windows ascend.
class EventCounter {
 public:
  explicit EventCounter(const std::vector<uint32_t>& events) : events_(events) {}

  size_t count(size_t begin, size_t end) {
    while (first_ < events_.size() && events_[first_] <= begin) ++first_;
    while (last_ < events_.size() && events_[last_] < end) ++last_;
    return last_ > first_ ? last_ - first_ : 0;
  }

 private:
  const std::vector<uint32_t>& events_;
  size_t first_ = 0;
  size_t last_ = 0;
};

// A float or a histogram.
struct Point {
  int64_t time_ms = 0;
  double value = 0;
  int64_t start_ms = 0;
  const model::Histogram* histogram = nullptr;
};

// Counts the neighbours of a window for which differs(before, after) holds; a change of the kind of
// sample always counts.
template <typename Differs>
size_t count_transitions(const RollupInput& input, const Window& w, Differs differs) {
  size_t count = 0, at = w.begin, at_histogram = 0;
  Point before;
  for (bool first = true; at < w.end || at_histogram < w.histograms.size(); first = false) {
    Point after;
    if (at_histogram == w.histograms.size() ||
        (at < w.end && input.times[at] < w.histograms[at_histogram].time_ms)) {
      after = {input.times[at], input.values[at], input.starts.empty() ? 0 : input.starts[at]};
      ++at;
    } else {
      const model::HistogramSample& sample = w.histograms[at_histogram++];
      after = {sample.time_ms, 0, sample.start_ms, sample.histogram.get()};
    }
    if (!first) {
      const bool same_kind = (before.histogram == nullptr) == (after.histogram == nullptr);
      count += !same_kind || differs(before, after) ? 1 : 0;
    }
    before = after;
  }
  return count;
}

bool changed(double before, double after) {
  return after != before && !(std::isnan(after) && std::isnan(before));
}

void count_events(const std::vector<uint32_t>& events, const RollupInput& input,
                  const RollupContext& context, Column& out) {
  EventCounter counter(events);
  for_each_anchored_window(input, context, [&](size_t step, const Window& w) {
    out.values[step] = static_cast<double>(counter.count(w.begin, w.end));
  });
}

void changes(const RollupInput& input, const RollupContext& context, Column& out) {
  if (input.histograms.empty()) {
    std::vector<uint32_t> events;
    for (size_t i = 1; i < input.values.size(); ++i) {
      if (changed(input.values[i - 1], input.values[i])) {
        events.push_back(static_cast<uint32_t>(i));
      }
    }
    return count_events(events, input, context, out);
  }
  for_each_anchored_window(input, context, [&](size_t step, const Window& w) {
    out.values[step] = static_cast<double>(
        count_transitions(input, w, [](const Point& before, const Point& after) {
          return before.histogram != nullptr ? !equals(*before.histogram, *after.histogram)
                                             : changed(before.value, after.value);
        }));
  });
}

void resets(const RollupInput& input, const RollupContext& context, Column& out) {
  const bool use_starts = context.use_start_timestamps;
  if (input.histograms.empty()) {
    const auto starts = use_starts ? input.starts : std::span<const int64_t>();
    return count_events(find_resets(input.times, input.values, starts), input, context, out);
  }
  for_each_anchored_window(input, context, [&](size_t step, const Window& w) {
    out.values[step] = static_cast<double>(
        count_transitions(input, w, [use_starts](const Point& before, const Point& after) {
          if (use_starts &&
              start_is_reset(before.start_ms, before.time_ms, after.start_ms, after.time_ms)) {
            return true;
          }
          return after.histogram != nullptr ? detect_reset(*after.histogram, *before.histogram)
                                            : after.value < before.value;
        }));
  });
}

constexpr Function kRows[] = {
    {.name = "changes",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = changes,
     .takes_anchored = true,
     .documentation = "How often the value changed within the range."},
    {.name = "resets",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = resets,
     .takes_anchored = true,
     .documentation = "How often a counter fell within the range."},
};

}  // namespace

std::span<const Function> transition_family() { return kRows; }

}  // namespace gnomon::functions
