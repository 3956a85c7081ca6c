#pragma once

#include "src/base/result.h"
#include "src/model/time_grid.h"
#include "src/promql/ast.h"

namespace gnomon::promql {

// Computes every duration expression of the tree (step() and range() from the grid; both 0 for an
// instant query) into its Duration::ms, and start()/end() of @ into at_ms. `instant`: step() and
// range() are 0. Errors: BadData "<start>:<end>: duration must be greater than 0", ...
Result<void> resolve(Expr& expr, const model::TimeGrid& grid, bool instant);

}  // namespace gnomon::promql
