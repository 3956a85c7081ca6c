#include "src/functions/histogram_rollup.h"

#include <algorithm>

#include "src/functions/counter_resets.h"

namespace gnomon::functions {
namespace {

using model::CounterResetHint;
using model::Histogram;
using model::HistogramSample;
using Mode = WideHistogram::Mode;

// Adds or subtracts with the remarks that belong to it; false when the buckets do not fit.
bool combine(WideHistogram& into, WideHistogram other, Mode mode, model::PositionRange position,
             Remarks& remarks) {
  const auto outcome = into.add(std::move(other), mode);
  if (!outcome.compatible) {
    remarks.mixed_schemas(position);
    return false;
  }
  if (outcome.reconciled_bounds) {
    remarks.reconciled_bounds(mode == Mode::Subtract ? "subtraction" : "addition", position);
  }
  return true;
}

bool is_gauge(const HistogramSample& sample) {
  return sample.histogram->hint == CounterResetHint::Gauge;
}

// An empty histogram of the same buckets, for a first sample that a reset makes meaningless.
WideHistogram empty_like(const Histogram& h) {
  WideHistogram empty;
  empty.schema = h.schema;
  empty.bounds = h.custom_values;
  return empty;
}

}  // namespace

std::vector<bool> find_histogram_resets(std::span<const HistogramSample> histograms,
                                        bool use_start_timestamps) {
  std::vector<bool> resets(histograms.size());
  for (size_t i = 1; i < histograms.size(); ++i) {
    const HistogramSample &before = histograms[i - 1], &after = histograms[i];
    resets[i] = (use_start_timestamps &&
                 start_is_reset(before.start_ms, before.time_ms, after.start_ms, after.time_ms)) ||
                detect_reset(*after.histogram, *before.histogram);
  }
  return resets;
}

std::optional<WideHistogram> histogram_increase(std::span<const HistogramSample> window,
                                                const std::vector<bool>& resets, size_t first,
                                                bool counter, bool from_zero, Remarks& remarks) {
  const Histogram& last = *window.back().histogram;
  if (window.size() == 1) return WideHistogram(last);
  const bool gauges = std::any_of(window.begin(), window.end(), is_gauge);
  if (counter && gauges) remarks.not_counter(remarks.position());

  const bool reset_at_once = counter && resets[first + 1];
  WideHistogram before =
      reset_at_once ? empty_like(*window[1].histogram) : WideHistogram(*window[0].histogram);
  int32_t schema = std::min(last.schema, before.schema);
  bool fits = last.custom() == before.custom();
  for (const HistogramSample& sample : window.subspan(1, window.size() - 2)) {
    if (!counter) break;
    schema = std::min(schema, sample.histogram->schema);
    fits = fits && sample.histogram->custom() == before.custom();
  }
  if (!fits) {
    remarks.mixed_schemas(remarks.position());
    return std::nullopt;
  }
  WideHistogram result(last);
  result.copy_to_schema(schema);
  if (!combine(result, std::move(before), Mode::Subtract, remarks.position(), remarks)) {
    return std::nullopt;
  }
  for (size_t i = 2; counter && i < window.size(); ++i) {
    if (!resets[first + i]) continue;
    if (!combine(result, WideHistogram(*window[i - 1].histogram), Mode::Add, remarks.position(),
                 remarks)) {
      return std::nullopt;
    }
  }
  if (!counter && !(is_gauge(window.front()) && is_gauge(window.back()))) {
    remarks.not_gauge(remarks.position());
  }
  result.hint = CounterResetHint::Gauge;
  result.compact();
  if (from_zero && !combine(result, WideHistogram(*window[0].histogram), Mode::Add,
                            remarks.position(), remarks)) {
    return std::nullopt;
  }
  return result;
}

std::shared_ptr<Histogram> histogram_step(const Histogram& first, const Histogram& second,
                                          bool rate, bool reset, double seconds, Remarks& remarks) {
  const model::PositionRange position = remarks.all_arguments();
  const bool any_gauge =
      first.hint == CounterResetHint::Gauge || second.hint == CounterResetHint::Gauge;
  const bool both_gauges =
      first.hint == CounterResetHint::Gauge && second.hint == CounterResetHint::Gauge;
  if (rate && any_gauge) remarks.not_counter(position);
  if (!rate && !both_gauges) remarks.not_gauge(position);
  WideHistogram result(second);
  if (!rate || !reset) {
    if (!combine(result, WideHistogram(first), Mode::Subtract, position, remarks)) return nullptr;
  }
  result.hint = CounterResetHint::Gauge;
  result.compact();
  if (rate) result.divide(seconds);
  return std::make_shared<Histogram>(result.plain());
}

std::shared_ptr<Histogram> histogram_total(std::span<const HistogramSample> window, bool average,
                                           Remarks& remarks) {
  HistogramTotal total;
  for (const HistogramSample& sample : window) total.add(*sample.histogram, average);
  if (total.incompatible()) {
    remarks.mixed_schemas(remarks.first_argument());
    return nullptr;
  }
  if (total.conflicting_resets()) {
    remarks.conflicting_resets("aggregation", remarks.first_argument());
  }
  if (total.reconciled_bounds()) {
    remarks.reconciled_bounds("aggregation", remarks.first_argument());
  }
  return std::make_shared<Histogram>(total.finish(average, false));
}

}  // namespace gnomon::functions
