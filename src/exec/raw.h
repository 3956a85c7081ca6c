#pragma once

#include "src/exec/context.h"
#include "src/model/value.h"
#include "src/plan/plan.h"

namespace gnomon::exec {

// The value of a range selector or subquery as an instant query: the samples in the window, stale
// markers left out, series without samples left out.
Result<model::Value> collect_raw(const plan::Plan& plan, const plan::RawSamples& raw,
                                 Context& context);

}  // namespace gnomon::exec
