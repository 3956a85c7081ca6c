#pragma once

#include <optional>
#include <string_view>

#include "src/parsing/run.h"
#include "src/promql/parse_exits.h"

namespace gnomon::promql {

// Which construct the parser was in when a token did not fit, and what it would have taken.
struct Expectation {
  std::string_view context;
  std::string_view expected;
};

// Words the first syntax error as Prometheus does: by the innermost construct that has words of its
// own.
class SyntaxError final : public parsing::FirstError {
 public:
  SyntaxError(std::string_view text, Exits& exits) : FirstError(exits), text_(text) {}

 private:
  ParseError describe(antlr4::Parser& parser) const override;
  Expectation expect(antlr4::Parser& parser) const;
  std::optional<Expectation> words(antlr4::Parser& parser, const antlr4::ParserRuleContext& context,
                                   bool innermost) const;
  // The type of the token before the offending one.
  size_t previous(antlr4::Parser& parser) const;
  bool consumed(const antlr4::Token* token) const;
  Expectation matcher(const Rules::MatcherContext& context) const;
  static Expectation matchers(size_t previous);
  static Expectation grouping_labels(size_t previous);
  // previous is 0 when the error is within one of the durations.
  Expectation range(const Rules::RangeContext& context, size_t previous) const;

  std::string_view text_;
};

}  // namespace gnomon::promql
