#pragma once

#include "src/promql/ast.h"

namespace gnomon::plan {

// left op right for two scalars; comparisons give 1 or 0. `%` is fmod and `^` is pow.
// The set operators and the trimming operators have no scalar meaning: NaN.
double scalar_binary(promql::BinaryOp op, double left, double right);

}  // namespace gnomon::plan
