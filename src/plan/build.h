#pragma once

#include "src/base/result.h"
#include "src/model/time_grid.h"
#include "src/plan/plan.h"
#include "src/promql/ast.h"

namespace gnomon::plan {

struct BuildOptions {
  int64_t lookback_ms = 0;
  int64_t default_subquery_step_ms = 0;
};

// A checked and resolved expression as a plan over `grid`. Subtrees that do not depend on the step
// (every selector in them has @) are planned on a grid of one step and repeated.
// Errors: Execution, for a modifier that a function does not take.
Result<Plan> build(const promql::Expr& expr, const model::TimeGrid& grid,
                   const BuildOptions& options);

}  // namespace gnomon::plan
