#pragma once

#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/promql/ast.h"

namespace gnomon::promql {

// A tree whose syntax and types are right and that uses nothing `features` does not enable. Its
// depth is within limits.h: what comes after may recurse. Any thread.
// Errors: BadData, the first one Prometheus reports, with its text and position: "1:5: parse
// error: ...".
Result<ExprPtr> parse(std::string_view text, const Features& features);

// A series selector as in match[]=: "up{job="a"}".
// Errors: BadData, Prometheus' text.
Result<model::Matchers> parse_selector(std::string_view text);

}  // namespace gnomon::promql
