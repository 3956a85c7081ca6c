#pragma once

#include <cstddef>
#include <vector>

#include "src/model/sample.h"

namespace gnomon::model {

// One series' results over all steps of a TimeGrid. A step without a float holds the stale marker:
// no evaluation ever yields those bits, so they say "absent" without a bitmap. A step with a
// histogram has no float. `histograms` is empty when no step has one, else as long as `values`.
struct Column {
  std::vector<double> values;
  std::vector<HistogramPtr> histograms;

  // All steps absent.
  void reset(size_t steps) {
    values.assign(steps, kStale);
    histograms.clear();
  }
  size_t steps() const { return values.size(); }
  bool has_float(size_t step) const { return !is_stale(values[step]); }
  bool has_histogram(size_t step) const {
    return !histograms.empty() && histograms[step] != nullptr;
  }
  bool has(size_t step) const { return has_float(step) || has_histogram(step); }
  void set_histogram(size_t step, HistogramPtr histogram) {
    if (histograms.empty()) histograms.resize(values.size());
    values[step] = kStale;
    histograms[step] = std::move(histogram);
  }
  void erase(size_t step) {
    values[step] = kStale;
    if (!histograms.empty()) histograms[step] = nullptr;
  }
  // True when no step has a point.
  bool empty() const;
};

}  // namespace gnomon::model
