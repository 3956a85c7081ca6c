#pragma once

#include <exception>
#include <optional>
#include <string_view>

#include "src/promql/parse_exits.h"

namespace gnomon::promql {

// Which construct the parser was in when a token did not fit, and what it would have taken.
struct Expectation {
  std::string_view context;
  std::string_view expected;
};

// Stops at the first error and words it as Prometheus does: by the innermost construct that has
// words of its own.
class FirstError final : public antlr4::DefaultErrorStrategy {
 public:
  FirstError(std::string_view text, Exits& exits) : text_(text), exits_(exits) {}

  const antlr4::Token* offending() const { return offending_; }
  const ParseError& error() const { return error_; }

  void reset(antlr4::Parser*) override {}
  void sync(antlr4::Parser*) override {}
  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) override;
  void recover(antlr4::Parser*, std::exception_ptr) override;
  antlr4::Token* recoverInline(antlr4::Parser* parser) override;

 private:
  void record(antlr4::Parser& parser, const antlr4::Token* token);
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
  Exits& exits_;
  const antlr4::Token* offending_ = nullptr;
  ParseError error_;
};

}  // namespace gnomon::promql
