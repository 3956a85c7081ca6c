#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/promql/ast.h"

namespace gnomon::conformance {

// The expression with `@ time` on every selector and subquery that has none: evaluated at any time
// it must answer what the plain one does at `time`. Printed by the printer, so that this checks it
// too. Nothing when the expression does not parse or depends on the query's time otherwise.
std::optional<std::string> pinned(const std::string& expression, const promql::Features& features,
                                  int64_t time_ms);

}  // namespace gnomon::conformance
