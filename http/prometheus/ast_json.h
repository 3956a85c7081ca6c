#pragma once

#include <string>

#include "src/promql/ast.h"

namespace gnomon::prometheus {

// The tree as parse_query shows it, keys in alphabetical order as Prometheus' JSON has them.
std::string ast_json(const promql::Expr& expr);

}  // namespace gnomon::prometheus
