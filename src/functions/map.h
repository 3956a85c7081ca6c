#pragma once

#include <span>

#include "src/model/column.h"
#include "src/model/time_grid.h"

namespace gnomon::functions {

// Changes one series' column in place. `scalars`: the scalar arguments, one value per step each.
// Simple float functions drop histogram points. Pure; any thread.
struct MapContext {
  model::TimeGrid grid;
  std::span<const std::span<const double>> scalars;
};
using MapKernel = void (*)(const MapContext& context, model::Column& column);

// Scalars in, scalar out.
using ScalarKernel = double (*)(std::span<const double> arguments);

}  // namespace gnomon::functions
