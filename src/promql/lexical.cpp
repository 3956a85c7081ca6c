#include "src/promql/lexical.h"

#include "src/base/text.h"

namespace gnomon::promql {

namespace {

bool is_word_start(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

parsing::Nesting nesting_of(TokenShape shape) {
  using parsing::Nesting;
  switch (shape) {
    case TokenShape::OpenParen:
    case TokenShape::OpenBracket:
    case TokenShape::OpenBrace:
      return Nesting::Open;
    case TokenShape::CloseParen:
    case TokenShape::CloseBracket:
    case TokenShape::CloseBrace:
      return Nesting::Close;
    case TokenShape::Sign:
      return Nesting::Sign;
    case TokenShape::Power:
      return Nesting::RightAssociative;
    case TokenShape::Operator:
    case TokenShape::Comma:
      return Nesting::Operator;
    case TokenShape::Colon:
    case TokenShape::Number:
    case TokenShape::String:
    case TokenShape::BadNumber:
    case TokenShape::Unexpected:
    case TokenShape::Other:
      return Nesting::Operand;
  }
  return Nesting::Operand;
}

}  // namespace

std::optional<ParseError> LexicalGuard::token(TokenShape shape, LexState state, int32_t start,
                                              int32_t end) {
  if (auto error = guard_.count(start)) return error;
  switch (shape) {
    case TokenShape::Unexpected:
      return unexpected(state, start);
    case TokenShape::String:
      if (auto message = string_error(text_, static_cast<size_t>(start))) {
        return ParseError{start, *std::move(message)};
      }
      break;
    case TokenShape::CloseParen:
      if (--parens_ < 0) return ParseError{end, "unexpected right parenthesis ')'"};
      break;
    case TokenShape::OpenParen:
      ++parens_;
      break;
    case TokenShape::OpenBracket:
      bracket_open_ = true;
      colon_seen_ = false;
      break;
    case TokenShape::CloseBracket:
      bracket_open_ = false;
      break;
    case TokenShape::Colon:
      if (auto error = colon(state, start, end)) return error;
      break;
    case TokenShape::BadNumber:
      return ParseError{start, "bad number or duration syntax: " +
                                   base::quote(text_.substr(static_cast<size_t>(start),
                                                            static_cast<size_t>(end - start)))};
    case TokenShape::Number:
      if (state == LexState::Brackets) number_seen_ = true;
      break;
    default:
      break;
  }
  return guard_.nest(nesting_of(shape), start);
}

std::optional<ParseError> LexicalGuard::colon(LexState state, int32_t start, int32_t end) {
  if (state == LexState::AfterNumber && colon_seen_) {
    return ParseError{start, "unexpected colon ':'"};
  }
  if (state == LexState::Brackets && !number_seen_) {
    return ParseError{end, "unexpected colon before duration in duration expression"};
  }
  if (state == LexState::Brackets && colon_seen_) {
    return ParseError{end, "unexpected repeated colon in duration expression"};
  }
  colon_seen_ = true;
  return std::nullopt;
}

std::optional<ParseError> LexicalGuard::unexpected(LexState state, int32_t start) const {
  const auto at = static_cast<size_t>(start);
  const char c = text_[at];
  if (c == '"' || c == '\'' || c == '`') {
    if (state == LexState::Brackets) {
      return ParseError{start,
                        "unexpected character in duration expression: " + quote_rune(text_, at)};
    }
    return ParseError{start, *string_error(text_, at)};
  }
  const std::string rune = quote_rune(text_, at);
  switch (state) {
    case LexState::Braces:
      if (c == '{') return ParseError{start, "unexpected left brace '{'"};
      if (c == '!') {
        return ParseError{
            start, "unexpected character after '!' inside braces: " + quote_rune(text_, at + 1)};
      }
      return ParseError{start, "unexpected character inside braces: " + rune};
    case LexState::Brackets:
      return ParseError{start, "unexpected character in duration expression: " + rune};
    case LexState::AfterNumber:
      if (is_word_start(c)) {
        return ParseError{start, "unexpected character: " + rune + ", expected ':'"};
      }
      if (c == '[') return ParseError{start, "unexpected left bracket '['"};
      break;
    case LexState::Statement:
      if (c == ']') return ParseError{start, "unexpected right bracket ']'"};
      break;
  }
  if (c == '=' || c == '!') {
    return ParseError{
        start, std::string("unexpected character after '") + c + "': " + quote_rune(text_, at + 1)};
  }
  return ParseError{start, "unexpected character: " + rune};
}

std::optional<ParseError> LexicalGuard::end_of_input(LexState state) const {
  const auto end = static_cast<int32_t>(text_.size());
  if (state == LexState::Braces) return ParseError{end, "unexpected end of input inside braces"};
  if (state == LexState::Brackets) {
    return ParseError{end, "unexpected end of input in duration expression"};
  }
  if (parens_ != 0) return ParseError{end, "unclosed left parenthesis"};
  if (bracket_open_) return ParseError{end, "unclosed left bracket"};
  return std::nullopt;
}

}  // namespace gnomon::promql
