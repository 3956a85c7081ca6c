#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/parsing/guard.h"
#include "src/promql/literals.h"

namespace gnomon::promql {

// Where in Prometheus' lexer a token was met: its texts depend on it.
enum class LexState : uint8_t {
  Statement,
  Braces,
  Brackets,     // after [ and before the first number
  AfterNumber,  // of the brackets
};

// What a token is to LexicalGuard.
enum class TokenShape : uint8_t {
  Other,
  OpenParen,
  CloseParen,
  OpenBracket,
  CloseBracket,
  OpenBrace,
  CloseBrace,
  Colon,
  Comma,
  Sign,      // + or -, unary or binary
  Power,     // ^
  Operator,  // any other binary one
  Number,
  String,
  BadNumber,
  Unexpected,  // everything else that is no token
};

// Follows the tokens of one query in their order: brackets that match, and parsing::Guard. The
// first error ends the query as far as the parser is concerned.
class LexicalGuard {
 public:
  explicit LexicalGuard(std::string_view text) : text_(text) {}

  std::optional<ParseError> token(TokenShape shape, LexState state, int32_t start, int32_t end);
  // The error when a bracket that was opened is not closed.
  std::optional<ParseError> end_of_input(LexState state) const;

 private:
  std::optional<ParseError> unexpected(LexState state, int32_t start) const;
  std::optional<ParseError> colon(LexState state, int32_t start, int32_t end);

  std::string_view text_;
  parsing::Guard guard_;
  int parens_ = 0;
  bool bracket_open_ = false;
  bool colon_seen_ = false;
  bool number_seen_ = false;  // in any bracket so far, as in Prometheus
};

}  // namespace gnomon::promql
