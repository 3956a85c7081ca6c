#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/model/sample.h"

namespace gnomon::functions {

// Stretches of a series' native histograms of one bucket layout, without a reset: there the
// increase of a window is its last histogram less its first, bucket by bucket. That is how nearly
// all windows are, and far quicker than what holds for any (histogram_increase). One thread.
class SteadyHistograms {
 public:
  // `resets`: as find_histogram_resets tells. The histograms must outlive this.
  SteadyHistograms(std::span<const model::HistogramSample> histograms,
                   const std::vector<bool>& resets);

  // Whether the histograms from index `first` to `last` > first are such a stretch of counters.
  bool covers(size_t first, size_t last) const { return stretch_[first] == stretch_[last]; }

  // (later - earlier) * factor, a gauge without empty buckets; both of one stretch.
  static std::shared_ptr<model::Histogram> scaled_difference(const model::Histogram& later,
                                                             const model::Histogram& earlier,
                                                             double factor);

 private:
  std::vector<uint32_t> stretch_;  // of each histogram
};

}  // namespace gnomon::functions
