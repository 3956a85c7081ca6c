#include "src/promql/parse_tokens.h"

#include <string>

#include "PromQLLexer.h"

namespace gnomon::promql {

namespace {

using grammar::PromQLLexer;

LexState lex_state(size_t mode) {
  switch (mode) {
    case PromQLLexer::BRACES:
      return LexState::Braces;
    case PromQLLexer::BRACKETS:
      return LexState::Brackets;
    case PromQLLexer::AFTER_NUMBER:
      return LexState::AfterNumber;
    default:
      return LexState::Statement;
  }
}

constexpr std::pair<size_t, TokenShape> kShapes[] = {
    {Rules::LPAREN, TokenShape::OpenParen},
    {Rules::INCLUDE_LPAREN, TokenShape::OpenParen},
    {Rules::RPAREN, TokenShape::CloseParen},
    {Rules::LBRACKET, TokenShape::OpenBracket},
    {Rules::RBRACKET, TokenShape::CloseBracket},
    {Rules::LBRACE, TokenShape::OpenBrace},
    {Rules::RBRACE, TokenShape::CloseBrace},
    {Rules::COLON, TokenShape::Colon},
    {Rules::COMMA, TokenShape::Comma},
    {Rules::ADD, TokenShape::Sign},
    {Rules::SUB, TokenShape::Sign},
    {Rules::POW, TokenShape::Power},
    {Rules::NUMBER, TokenShape::Number},
    {Rules::DURATION, TokenShape::Number},
    {Rules::STRING, TokenShape::String},
    {Rules::UNEXPECTED, TokenShape::Unexpected},
};

// The grammar lists the operators in two runs, the aggregations in one.
static_assert(Rules::ATAN2 - Rules::AND + 1 + Rules::TRIM_LOWER - Rules::ADD + 1 ==
              functions::kOperators.size());
static_assert(Rules::LIMIT_RATIO - Rules::SUM + 1 == functions::kAggregations.size());

bool is_operator(size_t type) {
  return (type >= Rules::AND && type <= Rules::ATAN2) ||
         (type >= Rules::ADD && type <= Rules::TRIM_LOWER);
}

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// fill, fill_left and fill_right are keywords only before a parenthesis; comments do not count as
// space.
bool before_parenthesis(std::string_view text, size_t at) {
  at = text.find_first_not_of(" \t\r\n", at);
  return at != std::string_view::npos && text[at] == '(';
}

// What the grammar leaves to us: how far a number reaches, when fill is a keyword and which ( goes
// with group_left.
TokenShape adjust(antlr4::CommonToken& token, size_t previous, std::string_view text,
                  parsing::ByteStream& stream) {
  const size_t type = token.getType();
  const size_t start = token.getStartIndex();
  if (type == PromQLLexer::FILL || type == PromQLLexer::FILL_LEFT ||
      type == PromQLLexer::FILL_RIGHT) {
    if (!before_parenthesis(text, token.getStopIndex() + 1)) {
      token.setType(PromQLLexer::IDENTIFIER);
    }
  } else if (type == PromQLLexer::LPAREN &&
             (previous == PromQLLexer::GROUP_LEFT || previous == PromQLLexer::GROUP_RIGHT)) {
    token.setType(PromQLLexer::INCLUDE_LPAREN);
  } else if (type == PromQLLexer::NUMBER && (text[start] == '.' || std::isdigit(text[start]))) {
    const ScannedNumber number = scan_number(text, start);
    token.setStopIndex(number.end - 1);
    stream.seek(number.end);
    if (number.kind == ScannedNumber::Kind::Bad) return TokenShape::BadNumber;
    if (number.kind == ScannedNumber::Kind::Duration) token.setType(PromQLLexer::DURATION);
  }
  return shape_of(token.getType());
}

}  // namespace

TokenShape shape_of(size_t type) {
  const TokenShape shape = look_up(kShapes, type, TokenShape::Other);
  if (shape != TokenShape::Other) return shape;
  return is_operator(type) ? TokenShape::Operator : TokenShape::Other;
}

bool is_aggregation(size_t type) { return type >= Rules::SUM && type <= Rules::LIMIT_RATIO; }

BinaryOp binary_op(const antlr4::Token* token) {
  return functions::find_operator(lower_case(token->getText())).value_or(BinaryOp::Add);
}

AggregateOp aggregate_op(const antlr4::Token* token) {
  return functions::find_aggregation(lower_case(token->getText())).value_or(AggregateOp::Sum);
}

parsing::Tokens lex(std::string_view text) {
  LexicalGuard guard(text);
  const auto accept = [&](size_t mode, antlr4::CommonToken& token, const parsing::Tokens& before) {
    const LexState state = lex_state(mode);
    if (token.getType() == antlr4::Token::EOF) return guard.end_of_input(state);
    const TokenShape shape = adjust(token, before.last_type(), text, *before.bytes);
    return guard.token(shape, state, start_of(&token), end_of(&token));
  };
  return parsing::read_tokens<PromQLLexer>(text, accept);
}

}  // namespace gnomon::promql
