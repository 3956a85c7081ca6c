#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "src/parsing/parse_error.h"

namespace gnomon::parsing {

// What a token does to the depth of the tree that a parser builds.
enum class Nesting : uint8_t {
  Operand,           // nothing
  Open,              // a bracket, until its Close
  Close,             //
  Operator,          // nothing: chains of left-associative operators, and commas, are loops
  RightAssociative,  // its right side is a level deeper
  Sign,              // an operator; before an operand, its operand is a level deeper
};

// Follows the tokens of one query in their order, before a parser sees them: parsers and all passes
// over their trees recurse, and ANTLR's overflow the stack. Limits: kQueryTokensMax and
// kQueryDepthMax of limits.h. Not for two threads at once.
class Guard {
 public:
  // Counts a token that starts at byte `start`.
  std::optional<ParseError> count(int32_t start);
  // Follows its nesting. A Close without an Open changes nothing: that error is the language's.
  std::optional<ParseError> nest(Nesting nesting, int32_t start);

 private:
  size_t tokens_ = 0;
  size_t depth_ = 0;
  // For each open bracket: the levels that operators without an end yet have added within it.
  std::vector<size_t> chains_ = {0};
  bool operand_expected_ = true;
};

// The error of a tree that is deeper than kQueryDepthMax.
ParseError too_deep(int32_t start);

}  // namespace gnomon::parsing
