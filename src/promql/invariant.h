#pragma once

#include <cstdint>
#include <optional>

#include "src/promql/ast.h"

namespace gnomon::promql {

// True when the value does not depend on the evaluation time: every selector and subquery in it has
// an @ and no function in it reads the time. PreprocessExpr of Prometheus' promql/engine.go.
bool is_step_invariant(const Expr& expr);

// When the leftmost vector selector in the tree is read: at time_ms, or, unless `fixed`, that much
// after the evaluation time (offsets and @ of the subqueries around it included). info() looks up
// its info series then. Nothing when there is no selector.
struct ReferenceTime {
  bool fixed = false;
  int64_t time_ms = 0;
};
std::optional<ReferenceTime> reference_time(const Expr& expr);

}  // namespace gnomon::promql
