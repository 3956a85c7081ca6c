#pragma once

#include "src/exec/arithmetic.h"

namespace gnomon::exec {

// One step of a binary operation in which at least one side is a native histogram, or which trims
// one (then two floats come here too). What has no meaning yields nothing and an info.
void combine_with_histogram(const BinaryRule& rule, const model::Column& left,
                            const model::Column& right, size_t step, StepRemarks& remarks,
                            model::Column& out);

// All counts and the sum with their sign turned; a gauge.
model::HistogramPtr negated(const model::Histogram& histogram);

}  // namespace gnomon::exec
