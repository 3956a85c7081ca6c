#pragma once

#include <vector>

#include "src/promql/ast.h"

namespace gnomon::prometheus {

// The matchers of every selector of the expression, from left to right.
std::vector<model::Matchers> selectors_of(const promql::Expr& expr);

}  // namespace gnomon::prometheus
