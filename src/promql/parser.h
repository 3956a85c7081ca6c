#pragma once

#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/promql/ast.h"

namespace gnomon::promql {

// Parses and checks syntax and types; every construct of the language is accepted, whatever its
// feature flag (check() decides those), so that the tree is complete. Errors are BadData with
// Prometheus' text and position: "1:5: parse error: ...". Any thread.
Result<ExprPtr> parse(std::string_view text, const Features& features);

// A series selector as in match[]=: "up{job="a"}".
// Errors: BadData, Prometheus' text.
Result<model::Matchers> parse_selector(std::string_view text);

}  // namespace gnomon::promql
