#pragma once

#include "src/exec/lower.h"
#include "src/model/value.h"
#include "src/plan/plan.h"

namespace gnomon::exec {

// Runs the operators and gathers the query's value: a Vector, Scalar or String for an instant query
// (RawMatrix for a range selector), a GridMatrix sorted by labels for a range query.
Result<model::Value> collect(const plan::Plan& plan, Lowered& lowered, Context& context);

// The value of a range selector or subquery as an instant query: the samples in the window, stale
// markers left out, series without samples left out.
Result<model::Value> collect_raw(const plan::Plan& plan, const plan::RawSamples& raw,
                                 Context& context);

}  // namespace gnomon::exec
