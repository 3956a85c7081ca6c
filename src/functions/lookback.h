#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "src/model/annotations.h"
#include "src/model/column.h"
#include "src/model/sample.h"
#include "src/model/time_grid.h"

namespace gnomon::functions {

// Instant-vector selection: at each step T of the grid (offset and @ already applied) the newest
// sample in (T - lookback_ms, T], unless it is a stale marker. The samples still hold their stale
// markers. `out` is reset here to grid.steps(). Pure; any thread.
void instant_lookback(std::span<const int64_t> times, std::span<const double> values,
                      std::span<const model::HistogramSample> histograms,
                      const model::TimeGrid& grid, int64_t lookback_ms, model::Column& out);

// The same selection, yielding the selected sample's own time in seconds: timestamp().
void instant_lookback_time(std::span<const int64_t> times, std::span<const double> values,
                           std::span<const model::HistogramSample> histograms,
                           const model::TimeGrid& grid, int64_t lookback_ms, model::Column& out);

// The same selection, yielding the selected sample's start timestamp in seconds, absent where it
// has none: start_timestamp(). `starts` is empty or as long as `times`.
void instant_lookback_start(std::span<const int64_t> times, std::span<const double> values,
                            std::span<const int64_t> starts,
                            std::span<const model::HistogramSample> histograms,
                            const model::TimeGrid& grid, int64_t lookback_ms, model::Column& out);

// `foo smoothed` on an instant selector: at each step T the value on the line between the samples
// around T, both within lookback_ms of it; carried forward when none follows. Stale markers are
// removed before the call. A step that sees floats and histograms yields nothing and a warning.
struct SmoothContext {
  model::TimeGrid grid;
  int64_t lookback_ms = 0;
  std::string_view metric_name;
  model::PositionRange position;  // of the selector
  model::Annotations* annotations = nullptr;
};
void instant_smoothed(std::span<const int64_t> times, std::span<const double> values,
                      std::span<const model::HistogramSample> histograms,
                      const SmoothContext& context, model::Column& out);

}  // namespace gnomon::functions
