#include "src/parsing/guard.h"

#include "src/base/limits.h"

namespace gnomon::parsing {

std::optional<ParseError> Guard::count(int32_t start) {
  if (++tokens_ <= base::kQueryTokensMax) return std::nullopt;
  return ParseError{start,
                    "query has more than " + std::to_string(base::kQueryTokensMax) + " tokens"};
}

std::optional<ParseError> Guard::nest(Nesting nesting, int32_t start) {
  const bool prefix = nesting == Nesting::Sign && operand_expected_;
  operand_expected_ = false;
  switch (nesting) {
    case Nesting::Operand:
      break;
    case Nesting::Open:
      chains_.push_back(0);
      ++depth_;
      operand_expected_ = true;
      break;
    case Nesting::Close:
      if (chains_.size() > 1) {
        depth_ -= chains_.back() + 1;
        chains_.pop_back();
      }
      break;
    case Nesting::Operator:
    case Nesting::RightAssociative:
    case Nesting::Sign:
      operand_expected_ = true;
      if (nesting == Nesting::RightAssociative || prefix) {
        ++chains_.back();
        ++depth_;
      } else {
        depth_ -= chains_.back();
        chains_.back() = 0;
      }
      break;
  }
  if (depth_ <= base::kQueryDepthMax) return std::nullopt;
  return too_deep(start);
}

ParseError too_deep(int32_t start) {
  return {start,
          "query is nested more than " + std::to_string(base::kQueryDepthMax) + " levels deep"};
}

}  // namespace gnomon::parsing
