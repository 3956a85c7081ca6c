#include <algorithm>
#include <optional>

#include "src/functions/extended.h"
#include "src/functions/histogram_ops.h"

namespace gnomon::functions {
namespace {

using model::CounterResetHint;
using model::Histogram;
using model::HistogramSample;
using Mode = WideHistogram::Mode;
using Samples = std::span<const HistogramSample>;

bool is_gauge(const Histogram& h) { return h.hint == CounterResetHint::Gauge; }

// Adds or subtracts with the remarks that belong to it; false when the buckets do not fit.
bool combine(WideHistogram& into, const Histogram& other, Mode mode, Remarks& remarks) {
  const auto outcome = into.add(WideHistogram(other), mode);
  if (!outcome.compatible) {
    remarks.mixed_schemas(remarks.position());
  } else if (outcome.reconciled_bounds) {
    remarks.reconciled_bounds(mode == Mode::Subtract ? "subtraction" : "addition",
                              remarks.position());
  }
  return outcome.compatible;
}

// The samples that matter for one range: from the newest at or before its start to the last, or,
// when smoothed, to the first at or after its end.
Samples within_borders(Samples all, int64_t start, int64_t end, bool smoothed) {
  auto time = [](const HistogramSample& s) { return s.time_ms; };
  const auto stop = all.end() - 1;
  auto first = std::ranges::upper_bound(all.begin(), stop, start, {}, time);
  if (first != all.begin()) --first;
  auto last = smoothed ? std::ranges::lower_bound(all.begin(), stop, end, {}, time) : stop;
  if (last->time_ms <= start || (smoothed && first->time_ms > end)) return {};
  return {first, last + 1};
}

// False, with a remark, when exponential and custom buckets meet.
bool check(Samples samples, bool counter, Remarks& remarks) {
  const bool custom = samples.front().histogram->custom();
  for (const HistogramSample& sample : samples) {
    if (sample.histogram->custom() != custom) {
      remarks.mixed_schemas(remarks.position());
      return false;
    }
    if (counter && is_gauge(*sample.histogram)) remarks.not_counter(remarks.position());
  }
  return true;
}

// What the counter lost at resets between its values at the two borders; false on a misfit.
bool reset_correction(Samples samples, const Histogram& left, const Histogram& right,
                      bool left_spans_reset, WideHistogram& total, Remarks& remarks) {
  size_t next = 1;
  const Histogram* before = &left;
  if (left_spans_reset) before = samples[next++].histogram.get();
  // The last sample is what `right` was made of, and carries the same hint.
  if (next > samples.size() - 1) return true;
  std::optional<WideHistogram> correction;
  auto add = [&](const Histogram& h) {
    if (correction) return combine(*correction, h, Mode::Add, remarks);
    correction.emplace(h);
    return true;
  };
  for (const HistogramSample& sample : samples.subspan(next, samples.size() - 1 - next)) {
    if (detect_reset(*sample.histogram, *before) && !add(*before)) return false;
    before = sample.histogram.get();
  }
  if (detect_reset(right, *before) && !add(*before)) return false;
  return !correction || combine(total, correction->plain(), Mode::Add, remarks);
}

}  // namespace

std::shared_ptr<Histogram> interpolate(const HistogramSample& a, const HistogramSample& b,
                                       int64_t t, bool counter, Remarks& remarks) {
  if (t == a.time_ms) return std::make_shared<Histogram>(*a.histogram);
  if (t == b.time_ms) return std::make_shared<Histogram>(*b.histogram);
  const double fraction =
      static_cast<double>(t - a.time_ms) / static_cast<double>(b.time_ms - a.time_ms);
  WideHistogram result(*b.histogram);
  const bool reset = counter && detect_reset(*b.histogram, *a.histogram);
  if (!reset && !combine(result, *a.histogram, Mode::Subtract, remarks)) return nullptr;
  result.multiply(fraction);
  if (!reset && !combine(result, *a.histogram, Mode::Add, remarks)) return nullptr;
  return std::make_shared<Histogram>(result.plain());
}

std::shared_ptr<Histogram> extended_histogram_rate(Samples window, int64_t start, int64_t end,
                                                   const ExtendedMode& mode, Remarks& remarks) {
  const Samples samples = within_borders(window, start, end, mode.smoothed);
  if (samples.empty() || !check(samples, mode.counter, remarks)) return nullptr;
  const HistogramSample &first = samples.front(), &last = samples.back();
  const bool left_between = mode.smoothed && first.time_ms < start;
  const bool right_between = mode.smoothed && last.time_ms > end && &last != window.data();
  // `right` lies between the last sample and the one before it, which may stand outside `samples`.
  auto left = left_between ? interpolate(first, samples[1], start, mode.counter, remarks)
                           : std::make_shared<Histogram>(*first.histogram);
  auto right = right_between ? interpolate(*(&last - 1), last, end, mode.counter, remarks)
                             : std::make_shared<Histogram>(*last.histogram);
  if (!left || !right) return nullptr;
  if (!mode.counter && !(is_gauge(*left) && is_gauge(*right))) {
    remarks.not_gauge(remarks.position());
  }
  WideHistogram result(*right);
  if (!combine(result, *left, Mode::Subtract, remarks)) return nullptr;
  if (mode.counter) {
    const bool spans = left_between && detect_reset(*samples[1].histogram, *first.histogram);
    if (!reset_correction(samples, *left, *right, spans, result, remarks)) return nullptr;
  }
  if (mode.per_second) result.divide(mode.range_seconds);
  result.hint = CounterResetHint::Gauge;
  result.compact();
  return std::make_shared<Histogram>(result.plain());
}

}  // namespace gnomon::functions
