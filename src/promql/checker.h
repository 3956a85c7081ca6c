#pragma once

#include <optional>
#include <string_view>

#include "src/promql/ast.h"
#include "src/promql/literals.h"

namespace gnomon::promql {

// Types, argument counts, selectors and vector matching of a tree as the parser built it; `text`
// is the query, for positions of operators. Settles the matching of binary operators: many-to-many
// for set operators, none unless both sides are vectors. A tree deeper than limits.h allows is an
// error too, so that everything after may recurse.
std::optional<ParseError> check(Expr& root, std::string_view text);

}  // namespace gnomon::promql
