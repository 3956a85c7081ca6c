#pragma once

#include <string_view>

#include "src/parsing/run.h"
#include "src/promql/builder.h"
#include "src/promql/parse_tokens.h"

namespace gnomon::promql {

// Tells the builder of every rule the parser completes, while it parses.
class Exits final : public parsing::RuleListener {
 public:
  Exits(std::string_view text, antlr4::TokenStream& tokens, Builder& builder)
      : text_(text), tokens_(tokens), builder_(builder) {}

 private:
  void enter(antlr4::ParserRuleContext& context) override;
  void exit(antlr4::ParserRuleContext& context) override;
  Piece piece(const antlr4::Token* token) const;
  void complete(antlr4::ParserRuleContext& context);
  void expression(antlr4::ParserRuleContext& context);
  void operand(antlr4::ParserRuleContext& context);
  void matching(antlr4::ParserRuleContext& context);
  void selector(antlr4::ParserRuleContext& context);
  void matcher(const Rules::MatcherContext& node);
  void duration(antlr4::ParserRuleContext& context);
  void duration_operand(antlr4::ParserRuleContext& context);
  void offset_duration(const Rules::OffsetDurationContext& node);

  std::string_view text_;
  antlr4::TokenStream& tokens_;
  Builder& builder_;
};

}  // namespace gnomon::promql
