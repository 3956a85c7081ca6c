#pragma once

#include "src/functions/remarks.h"
#include "src/functions/rollup.h"

// Ranges with the modifiers `anchored` and `smoothed`.
namespace gnomon::functions {

// rate (per_second), increase (counter), delta: the difference of the values at the borders of the
// range themselves, without extrapolation.
void extended_rate(const RollupInput& input, const RollupContext& context, bool counter,
                   bool per_second, Remarks& remarks, model::Column& out);

// The value at t on the line through two samples. A counter that fell starts again from 0.
double interpolate(int64_t time1, double value1, int64_t time2, double value2, int64_t t,
                   bool counter);

}  // namespace gnomon::functions
