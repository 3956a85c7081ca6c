#pragma once

#include "src/base/result.h"
#include "src/model/time_grid.h"
#include "src/plan/plan.h"
#include "src/promql/ast.h"

namespace gnomon::promql {

struct PlanOptions {
  int64_t lookback_ms = 0;
  int64_t default_subquery_step_ms = 0;
};

// A checked and resolved expression as a plan over `grid`. Subtrees that do not depend on the step
// (every selector in them has @) are planned on a grid of one step and repeated. Pure; any thread.
// Errors: Execution, for a modifier that a function does not take and for times that cannot be
// calculated with.
Result<plan::Plan> to_plan(const Expr& expr, const model::TimeGrid& grid,
                           const PlanOptions& options);

}  // namespace gnomon::promql
