#pragma once

#include <cstdint>
#include <span>

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

// `foo smoothed` on an instant selector: the value at each step between its neighbours on the line
// through them; carried forward where nothing follows within lookback_ms. Stale markers removed
// before the call. Histograms interpolate alike.
void instant_smoothed(std::span<const int64_t> times, std::span<const double> values,
                      std::span<const model::HistogramSample> histograms,
                      const model::TimeGrid& grid, int64_t lookback_ms, model::Column& out);

}  // namespace gnomon::functions
