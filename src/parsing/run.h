#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>

#include "antlr4-runtime.h"
#include "src/base/result.h"
#include "src/parsing/parse_error.h"

namespace gnomon::parsing {

// Held while a grammar's lexer and parser run: all of a grammar's share tables that grow while they
// are used, so that two at a time would race. Grammar: its generated parser.
template <typename Grammar>
std::mutex& grammar_mutex() {
  static std::mutex mutex;
  return mutex;
}

// Is told of every rule that the parser begins and completes, while it parses; no tree is kept.
class RuleListener : public antlr4::tree::ParseTreeListener {
 public:
  // From the first syntax error on, rules are left without being complete.
  void stop() { stopped_ = true; }

  void enterEveryRule(antlr4::ParserRuleContext* context) final { enter(*context); }
  void exitEveryRule(antlr4::ParserRuleContext* context) final {
    if (!stopped_) exit(*context);
  }
  void visitTerminal(antlr4::tree::TerminalNode*) final {}
  void visitErrorNode(antlr4::tree::ErrorNode*) final {}

 protected:
  virtual void enter(antlr4::ParserRuleContext& context) = 0;
  virtual void exit(antlr4::ParserRuleContext& context) = 0;

 private:
  bool stopped_ = false;
};

// Stops a parser at the first token that does not fit. The words are the language's: ANTLR's own
// never reach a user.
class FirstError : public antlr4::DefaultErrorStrategy {
 public:
  // The listener is stopped at the error. It must outlive this.
  explicit FirstError(RuleListener& listener) : listener_(listener) {}

  // Null: every token fit.
  const antlr4::Token* offending() const { return offending_; }
  const ParseError& error() const { return error_; }

  void reset(antlr4::Parser*) final {}
  void sync(antlr4::Parser*) final {}
  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) final;
  void recover(antlr4::Parser* parser, std::exception_ptr) final;
  antlr4::Token* recoverInline(antlr4::Parser* parser) final;

 protected:
  // The error at offending(), while the parser stands in the innermost rule that it does not fit.
  virtual ParseError describe(antlr4::Parser& parser) const = 0;

 private:
  void record(antlr4::Parser& parser, const antlr4::Token* token);

  RuleListener& listener_;
  const antlr4::Token* offending_ = nullptr;
  ParseError error_;
};

// Calls `rule`, which runs one of the parser's rules, telling `listener` of what is parsed and
// `errors` of the first token that does not fit; that is no error here. Errors: Internal, what else
// ANTLR throws. REQUIRES: the grammar's mutex.
Result<void> run(antlr4::Parser& parser, RuleListener& listener, std::shared_ptr<FirstError> errors,
                 const std::function<void()>& rule);

}  // namespace gnomon::parsing
