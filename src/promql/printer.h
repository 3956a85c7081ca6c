#pragma once

#include <string>

#include "src/promql/ast.h"

namespace gnomon::promql {

// Expr.String() of Prometheus: one line, canonical, parses back to the same tree. Where Prometheus'
// own text does not, as of `x offset (1m) + 2m` and of a selector without matchers, ours has
// parentheses and braces.
std::string to_string(const Expr& expr);
// Prettify: format_query's answer; up to 100 characters stay on one line.
std::string prettify(const Expr& expr);

}  // namespace gnomon::promql
