#pragma once

#include <string_view>

#include "src/promql/parse_tokens.h"

namespace gnomon::promql {

// Tells the builder of every rule the parser completes, while it parses. No tree is kept.
class Exits final : public antlr4::tree::ParseTreeListener {
 public:
  Exits(std::string_view text, antlr4::TokenStream& tokens, Builder& builder)
      : text_(text), tokens_(tokens), builder_(builder) {}

  // After a syntax error rules are left without being complete.
  void stop() { stopped_ = true; }

  void exitEveryRule(antlr4::ParserRuleContext* context) override;
  void enterEveryRule(antlr4::ParserRuleContext* context) override;

  void visitTerminal(antlr4::tree::TerminalNode*) override {}
  void visitErrorNode(antlr4::tree::ErrorNode*) override {}

 private:
  Piece piece(const antlr4::Token* token) const;
  void exit(antlr4::ParserRuleContext& context);
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
  bool stopped_ = false;
};

}  // namespace gnomon::promql
