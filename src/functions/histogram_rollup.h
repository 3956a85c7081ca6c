#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "src/functions/histogram_ops.h"
#include "src/functions/remarks.h"
#include "src/model/sample.h"

// What the rollups make of windows of native histograms.
namespace gnomon::functions {

// For each histogram whether it is a counter reset against the one before; of the first: false.
std::vector<bool> find_histogram_resets(std::span<const model::HistogramSample> histograms,
                                        bool use_start_timestamps);

// The increase (counter) or difference of a window of at least two histograms, before
// extrapolation; empty with a warning when their buckets do not fit. `resets` are those of the
// window's samples. A window of one, or with `from_zero`, counts its first histogram from nothing.
std::optional<WideHistogram> histogram_increase(std::span<const model::HistogramSample> window,
                                                const std::vector<bool>& resets, size_t first,
                                                bool counter, bool from_zero, Remarks& remarks);

// irate and idelta: the second less the first, the second alone after a reset; divided by seconds
// unless that is 0. null with a warning when their buckets do not fit.
std::shared_ptr<model::Histogram> histogram_step(const model::Histogram& first,
                                                 const model::Histogram& second, bool rate,
                                                 bool reset, double seconds, Remarks& remarks);

// sum_over_time and avg_over_time; null with a warning when buckets do not fit.
std::shared_ptr<model::Histogram> histogram_total(std::span<const model::HistogramSample> window,
                                                  bool average, Remarks& remarks);

}  // namespace gnomon::functions
