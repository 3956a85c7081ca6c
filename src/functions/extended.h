#pragma once

#include <memory>
#include <span>

#include "src/functions/kernels.h"
#include "src/functions/remarks.h"

// Ranges with the modifiers `anchored` and `smoothed`.
namespace gnomon::functions {

// rate (per_second), increase (counter), delta: the difference of the values at the borders of the
// range themselves, without extrapolation.
void extended_rate(const RollupInput& input, const RollupContext& context, bool counter,
                   bool per_second, Remarks& remarks, model::Column& out);

// The value at t on the line through two samples. A counter that fell starts again from 0.
double interpolate(int64_t time1, double value1, int64_t time2, double value2, int64_t t,
                   bool counter);

struct ExtendedMode {
  bool smoothed = false;  // else anchored
  bool counter = false;
  bool per_second = false;
  double range_seconds = 0;
};
// The same of a window of native histograms, lookback included; null when it has no point.
std::shared_ptr<model::Histogram> extended_histogram_rate(
    std::span<const model::HistogramSample> window, int64_t start, int64_t end,
    const ExtendedMode& mode, Remarks& remarks);

// The histogram at t between two others; a counter that was reset starts again from nothing. null
// with a warning when their buckets do not fit.
std::shared_ptr<model::Histogram> interpolate(const model::HistogramSample& a,
                                              const model::HistogramSample& b, int64_t t,
                                              bool counter, Remarks& remarks);

}  // namespace gnomon::functions
