#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "src/model/annotations.h"
#include "src/model/column.h"
#include "src/model/sample.h"
#include "src/model/time_grid.h"

// What the functions of each shape are given and give.
namespace gnomon::functions {

// One series' samples as a rollup sees them: stale markers removed (both of floats and histograms),
// times ascending. Spans are valid during the call only.
struct RollupInput {
  std::span<const int64_t> times;
  std::span<const double> values;
  std::span<const int64_t> starts;  // empty, or start timestamps
  std::span<const model::HistogramSample> histograms;
};

enum class RangeModifier : uint8_t { None, Anchored, Smoothed };

struct RollupContext {
  // Window of step i: (grid.at(i) - range_ms, grid.at(i)]; @ and offset are already in the grid.
  model::TimeGrid grid;
  int64_t range_ms = 0;
  // The evaluation times proper (without offset and @): predict_linear's intercept.
  model::TimeGrid eval_grid;
  int64_t lookback_ms = 0;  // for anchored and smoothed
  RangeModifier modifier = RangeModifier::None;
  bool use_start_timestamps = false;
  // Scalar arguments in the order of the call, one value per step each.
  std::span<const std::span<const double>> scalars;
  // For annotations. metric_name is "" when it was dropped.
  std::string_view metric_name;
  std::string_view type_label;  // __type__ of the series when type-and-unit-labels is on
  bool type_and_unit_labels = false;
  model::PositionRange position;                             // of the range vector argument
  std::span<const model::PositionRange> argument_positions;  // of all arguments in call order
  model::Annotations* annotations = nullptr;                 // never null
  // Asked now and then during long work, unless null. When it returns true the query has ended: the
  // kernel may return early, and its column is of no use.
  const std::function<bool()>* stopped = nullptr;
};

// Fills `out` (reset to grid.steps() by the caller, all absent) with a point for each step that has
// one. Pure but for annotations; any thread.
using RollupKernel = void (*)(const RollupInput& input, const RollupContext& context,
                              model::Column& out);

// Changes one series' column in place. `scalars`: the scalar arguments, one value per step each.
// Simple float functions drop histogram points. Pure; any thread.
struct MapContext {
  model::TimeGrid grid;
  std::span<const std::span<const double>> scalars;
};
using MapKernel = void (*)(const MapContext& context, model::Column& column);

// Scalars in, scalar out.
using ScalarKernel = double (*)(std::span<const double> arguments);

// What is wrong with the scalar arguments of a rollup at one step, one value each in the order of
// the call: the text of an Execution error, "" when nothing is. exec asks at every step at which a
// series has a sample; the kernel does not check.
using ArgumentCheck = std::string (*)(std::span<const double> scalars);

}  // namespace gnomon::functions
