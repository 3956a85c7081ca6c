#include "src/promql/parser.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "src/base/limits.h"
#include "src/model/annotations.h"
#include "src/promql/checker.h"
#include "src/promql/parse_errors.h"

namespace gnomon::promql {

namespace {

enum class Start : uint8_t { Query, Selector };

Error to_error(std::string_view text, const ParseError& error) {
  const std::string position =
      text.empty() ? "unknown position" : model::line_and_column(text, error.start);
  return {ErrorKind::BadData, position + ": parse error: " + error.message};
}

// Prometheus' lexer, parser and actions take turns; the error they meet first wins.
std::optional<ParseError> first_error(const parsing::Tokens& lexed, size_t tokens,
                                      const SyntaxError& syntax,
                                      const std::optional<BuildError>& build) {
  const bool at_end =
      syntax.offending() == nullptr || syntax.offending()->getType() == antlr4::Token::EOF;
  if (lexed.error && at_end) {
    const bool read = !build || build->tokens_read >= tokens;
    return read ? *lexed.error : build->error;
  }
  if (build) return build->error;
  if (syntax.offending() != nullptr) return syntax.error();
  return std::nullopt;
}

// Runs ANTLR over the text.
Result<ExprPtr> build(std::string_view text, Start start, const Features& features) {
  const std::lock_guard<std::mutex> lock(parsing::grammar_mutex<grammar::PromQLParser>());
  parsing::Tokens lexed = lex(text);
  const size_t count = lexed.list.size();
  if (start == Start::Query && count == 1 && !lexed.error) {
    return to_error(text, {0, "no expression found in input"});
  }
  antlr4::ListTokenSource source(std::move(lexed.list));
  antlr4::CommonTokenStream tokens(&source);
  grammar::PromQLParser parser(&tokens);
  Builder builder(features);
  Exits exits(text, tokens, builder);
  auto syntax = std::make_shared<SyntaxError>(text, exits);
  const auto rule = [&] {
    start == Start::Query ? static_cast<void>(parser.query())
                          : static_cast<void>(parser.selector());
  };
  TRY_VOID(parsing::run(parser, exits, syntax, rule));
  if (const auto error = first_error(lexed, count, *syntax, builder.error())) {
    return to_error(text, *error);
  }
  return builder.take_expression();
}

}  // namespace

Result<ExprPtr> parse(std::string_view text, const Features& features) {
  if (text.size() > base::kQueryBytesMax) {
    return to_error(text,
                    {0, "query is longer than " + std::to_string(base::kQueryBytesMax) + " bytes"});
  }
  TRY(ExprPtr expr, build(text, Start::Query, features));
  if (const auto error = check(*expr, text)) {
    dismantle(std::move(expr));
    return to_error(text, *error);
  }
  return expr;
}

Result<model::Matchers> parse_selector(std::string_view text) {
  if (text.size() > base::kQueryBytesMax) {
    return to_error(
        text, {0, "selector is longer than " + std::to_string(base::kQueryBytesMax) + " bytes"});
  }
  TRY(ExprPtr expr, build(text, Start::Selector, {}));
  return std::move(std::get<VectorSelector>(expr->node).matchers);
}

}  // namespace gnomon::promql
