// The one file that sees ANTLR.
#include "src/promql/parser.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "PromQLLexer.h"
#include "PromQLParser.h"
#include "antlr4-runtime.h"
#include "src/base/limits.h"
#include "src/base/text.h"
#include "src/model/annotations.h"
#include "src/promql/builder.h"
#include "src/promql/checker.h"
#include "src/promql/lexical.h"

namespace gnomon::promql {

namespace {

using grammar::PromQLLexer;
using grammar::PromQLParser;
using Rules = PromQLParser;

// The bytes of the query as ANTLR's characters, so that its positions are byte offsets.
class ByteStream final : public antlr4::CharStream {
 public:
  explicit ByteStream(std::string_view text) : text_(text) {}

  void consume() override { ++at_; }
  size_t LA(ssize_t i) override {
    const size_t at = at_ + static_cast<size_t>(i) - (i > 0 ? 1 : 0);
    return at < text_.size() ? static_cast<unsigned char>(text_[at]) : IntStream::EOF;
  }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return "query"; }
  std::string getText(const antlr4::misc::Interval& interval) override {
    const auto from = static_cast<size_t>(interval.a);
    if (interval.b < interval.a || from >= text_.size()) return "";
    return std::string(text_.substr(from, static_cast<size_t>(interval.b - interval.a) + 1));
  }
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

int32_t start_of(const antlr4::Token* token) {
  return static_cast<int32_t>(token->getStartIndex());
}

int32_t end_of(const antlr4::Token* token) {
  return static_cast<int32_t>(token->getStopIndex() + 1);
}

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

// The row of a table whose first column is a token type.
template <typename T, size_t N>
T look_up(const std::pair<size_t, T> (&table)[N], size_t type, T otherwise) {
  const auto* row = std::find_if(std::begin(table), std::end(table),
                                 [&](const auto& each) { return each.first == type; });
  return row == std::end(table) ? otherwise : row->second;
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

constexpr std::pair<size_t, BinaryOp> kBinaryOps[] = {
    {Rules::ADD, BinaryOp::Add},
    {Rules::SUB, BinaryOp::Sub},
    {Rules::MUL, BinaryOp::Mul},
    {Rules::DIV, BinaryOp::Div},
    {Rules::MOD, BinaryOp::Mod},
    {Rules::POW, BinaryOp::Pow},
    {Rules::ATAN2, BinaryOp::Atan2},
    {Rules::EQLC, BinaryOp::Eq},
    {Rules::NEQ, BinaryOp::Ne},
    {Rules::GTR, BinaryOp::Gt},
    {Rules::LSS, BinaryOp::Lt},
    {Rules::GTE, BinaryOp::Ge},
    {Rules::LTE, BinaryOp::Le},
    {Rules::AND, BinaryOp::And},
    {Rules::OR, BinaryOp::Or},
    {Rules::UNLESS, BinaryOp::Unless},
    {Rules::TRIM_UPPER, BinaryOp::TrimUpper},
    {Rules::TRIM_LOWER, BinaryOp::TrimLower},
};

constexpr std::pair<size_t, AggregateOp> kAggregateOps[] = {
    {Rules::SUM, AggregateOp::Sum},
    {Rules::AVG, AggregateOp::Avg},
    {Rules::COUNT, AggregateOp::Count},
    {Rules::MIN, AggregateOp::Min},
    {Rules::MAX, AggregateOp::Max},
    {Rules::GROUP, AggregateOp::Group},
    {Rules::STDDEV, AggregateOp::Stddev},
    {Rules::STDVAR, AggregateOp::Stdvar},
    {Rules::TOPK, AggregateOp::Topk},
    {Rules::BOTTOMK, AggregateOp::Bottomk},
    {Rules::COUNT_VALUES, AggregateOp::CountValues},
    {Rules::QUANTILE, AggregateOp::Quantile},
    {Rules::LIMITK, AggregateOp::Limitk},
    {Rules::LIMIT_RATIO, AggregateOp::LimitRatio},
};

constexpr std::pair<size_t, model::MatchKind> kMatchKinds[] = {
    {Rules::ASSIGN, model::MatchKind::Equal},
    {Rules::NEQ, model::MatchKind::NotEqual},
    {Rules::EQL_REGEX, model::MatchKind::Regex},
    {Rules::NEQ_REGEX, model::MatchKind::NotRegex},
};

constexpr std::pair<size_t, DurationExpr::Kind> kDurationCalls[] = {
    {Rules::STEP, DurationExpr::Kind::Step},
    {Rules::RANGE, DurationExpr::Kind::Range},
    {Rules::MIN_OF, DurationExpr::Kind::MinOf},
    {Rules::MAX_OF, DurationExpr::Kind::MaxOf},
};

TokenShape shape_of(size_t type) {
  const TokenShape shape = look_up(kShapes, type, TokenShape::Other);
  if (shape != TokenShape::Other) return shape;
  const bool binary = std::any_of(std::begin(kBinaryOps), std::end(kBinaryOps),
                                  [&](const auto& row) { return row.first == type; });
  return binary ? TokenShape::Operator : TokenShape::Other;
}

struct Lexed {
  std::vector<std::unique_ptr<antlr4::Token>> tokens;  // ends with EOF
  std::optional<ParseError> error;                     // in place of that EOF
};

// fill and its kin are keywords only before a parenthesis; comments do not count as space.
bool before_parenthesis(std::string_view text, size_t at) {
  at = text.find_first_not_of(" \t\r\n", at);
  return at != std::string_view::npos && text[at] == '(';
}

// What the grammar leaves to us: how far a number reaches, when fill is a keyword and which ( goes
// with group_left.
TokenShape adjust(antlr4::CommonToken& token, size_t previous, std::string_view text,
                  ByteStream& stream) {
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

Lexed lex(std::string_view text, ByteStream& stream) {
  Lexed out;
  PromQLLexer lexer(&stream);
  lexer.removeErrorListeners();
  LexicalGuard guard(text);
  while (true) {
    const LexState state = lex_state(lexer.mode);
    std::unique_ptr<antlr4::Token> token = lexer.nextToken();
    auto& common = static_cast<antlr4::CommonToken&>(*token);
    if (token->getType() == antlr4::Token::EOF) {
      out.error = guard.end_of_input(state);
    } else {
      const size_t previous = out.tokens.empty() ? 0 : out.tokens.back()->getType();
      const TokenShape shape = adjust(common, previous, text, stream);
      out.error = guard.token(shape, state, start_of(token.get()), end_of(token.get()));
    }
    if (out.error) common.setType(antlr4::Token::EOF);
    const bool last = token->getType() == antlr4::Token::EOF;
    out.tokens.push_back(std::move(token));
    if (last) return out;
  }
}

BinaryOp binary_op(const antlr4::Token* token) {
  return look_up(kBinaryOps, token->getType(), BinaryOp::Add);
}

DurationExpr::Kind duration_kind(const antlr4::Token* token) {
  return look_up(kDurationCalls, token->getType(), DurationExpr::Kind::Step);
}

// Tells the builder of every rule the parser completes, while it parses. No tree is kept.
class Exits final : public antlr4::tree::ParseTreeListener {
 public:
  Exits(std::string_view text, antlr4::TokenStream& tokens, Builder& builder)
      : text_(text), tokens_(tokens), builder_(builder) {}

  // After a syntax error rules are left without being complete.
  void stop() { stopped_ = true; }

  void exitEveryRule(antlr4::ParserRuleContext* context) override {
    if (stopped_) return;
    const size_t consumed = tokens_.index();
    builder_.set_progress(consumed, consumed == 0 ? 0 : end_of(tokens_.get(consumed - 1)));
    exit(*context);
  }

  void enterEveryRule(antlr4::ParserRuleContext* context) override {
    switch (context->getRuleIndex()) {
      case Rules::RuleArguments:
        return builder_.begin_arguments();
      case Rules::RuleGroupingLabels:
        return builder_.begin_grouping();
      case Rules::RuleMatching:
        return builder_.begin_matching();
      default:
        return;
    }
  }

  void visitTerminal(antlr4::tree::TerminalNode*) override {}
  void visitErrorNode(antlr4::tree::ErrorNode*) override {}

 private:
  Piece piece(const antlr4::Token* token) const {
    const size_t start = token->getStartIndex();
    return {text_.substr(start, token->getStopIndex() + 1 - start), start_of(token)};
  }

  void exit(antlr4::ParserRuleContext& context) {
    switch (context.getRuleIndex()) {
      case Rules::RuleExpression:
        return expression(context);
      case Rules::RuleDuration:
      case Rules::RuleOpenDuration:
        return duration(context);
      case Rules::RuleNumber:
      case Rules::RuleNumberLiteral:
      case Rules::RuleString:
      case Rules::RuleParenthesized:
      case Rules::RuleCall:
      case Rules::RuleMoreArguments:
      case Rules::RuleAggregation:
      case Rules::RuleGroupingModifier:
      case Rules::RuleGroupingLabel:
        return operand(context);
      case Rules::RuleBoolean:
      case Rules::RuleOn:
      case Rules::RuleInclude:
      case Rules::RuleFillValue:
      case Rules::RuleFillBoth:
      case Rules::RuleFillLeft:
      case Rules::RuleFillRight:
        return matching(context);
      case Rules::RuleOffsetDuration:
      case Rules::RuleDurationLiteral:
      case Rules::RuleDurationCall:
      case Rules::RuleDurationPick:
      case Rules::RuleDurationWrapped:
      case Rules::RuleSpan:
        return duration_operand(context);
      default:
        return selector(context);
    }
  }

  template <typename Context>
  static Context& as(antlr4::ParserRuleContext& context) {
    return static_cast<Context&>(context);
  }

  void expression(antlr4::ParserRuleContext& context) {
    if (const auto* unary = dynamic_cast<Rules::UnaryContext*>(&context)) {
      builder_.unary(binary_op(unary->op), start_of(unary->op));
    } else if (const auto* binary = dynamic_cast<Rules::BinaryContext*>(&context)) {
      builder_.binary(binary_op(binary->op));
    }
  }

  void operand(antlr4::ParserRuleContext& context) {
    switch (context.getRuleIndex()) {
      case Rules::RuleNumber: {
        const antlr4::Token* value = as<Rules::NumberContext>(context).value;
        return builder_.number(piece(value), value->getType() == Rules::DURATION);
      }
      case Rules::RuleNumberLiteral:
        return builder_.number_literal();
      case Rules::RuleString:
        return builder_.string_literal(piece(as<Rules::StringContext>(context).value));
      case Rules::RuleParenthesized:
        return builder_.parenthesized(start_of(as<Rules::ParenthesizedContext>(context).open));
      case Rules::RuleCall:
        return builder_.call(piece(as<Rules::CallContext>(context).function));
      case Rules::RuleMoreArguments: {
        const auto& more = as<Rules::MoreArgumentsContext>(context);
        if (more.more == nullptr) builder_.trailing_comma(start_of(more.comma));
        return;
      }
      case Rules::RuleAggregation: {
        const auto& node = as<Rules::AggregationContext>(context);
        return builder_.aggregation(look_up(kAggregateOps, node.start->getType(), AggregateOp::Sum),
                                    start_of(node.start), node.first != nullptr,
                                    node.last != nullptr);
      }
      case Rules::RuleGroupingModifier: {
        const auto& node = as<Rules::GroupingModifierContext>(context);
        return builder_.grouping_modifier(node.kind->getType() == Rules::WITHOUT);
      }
      default: {
        const antlr4::Token* name = as<Rules::GroupingLabelContext>(context).name;
        return builder_.grouping_label(piece(name), name->getType() == Rules::STRING);
      }
    }
  }

  void matching(antlr4::ParserRuleContext& context) {
    switch (context.getRuleIndex()) {
      case Rules::RuleBoolean:
        return builder_.matching_bool();
      case Rules::RuleOn:
        return builder_.matching_labels(as<Rules::OnContext>(context).kind->getType() == Rules::ON);
      case Rules::RuleInclude: {
        const auto& node = as<Rules::IncludeContext>(context);
        return builder_.matching_include(node.kind->getType() == Rules::GROUP_LEFT
                                             ? Cardinality::ManyToOne
                                             : Cardinality::OneToMany,
                                         node.open != nullptr);
      }
      case Rules::RuleFillValue: {
        const antlr4::Token* sign = as<Rules::FillValueContext>(context).sign;
        return builder_.fill_value(sign != nullptr && sign->getType() == Rules::SUB);
      }
      case Rules::RuleFillBoth:
        return builder_.fill(true, true);
      case Rules::RuleFillLeft:
        return builder_.fill(true, false);
      default:
        return builder_.fill(false, true);
    }
  }

  void selector(antlr4::ParserRuleContext& context) {
    switch (context.getRuleIndex()) {
      case Rules::RuleMetricName:
        return builder_.metric_name(piece(context.start));
      case Rules::RuleMatcher:
        return matcher(as<Rules::MatcherContext>(context));
      case Rules::RuleVectorSelector:
        return builder_.vector_selector(start_of(context.start));
      case Rules::RuleRange: {
        const auto& node = as<Rules::RangeContext>(context);
        if (node.colon != nullptr) return builder_.subquery(node.step != nullptr);
        return builder_.range(start_of(node.open));
      }
      case Rules::RuleAnchored:
        return builder_.anchored();
      case Rules::RuleSmoothed:
        return builder_.smoothed();
      case Rules::RuleAtNumber: {
        const antlr4::Token* sign = as<Rules::AtNumberContext>(context).sign;
        return builder_.at_number(sign != nullptr && sign->getType() == Rules::SUB);
      }
      case Rules::RuleAtPreprocessor: {
        const auto& node = as<Rules::AtPreprocessorContext>(context);
        return builder_.at_preprocessor(node.kind->getType() == Rules::START ? AtKind::Start
                                                                             : AtKind::End);
      }
      case Rules::RuleOffset:
        return builder_.offset(as<Rules::OffsetContext>(context).length->open != nullptr);
      default:
        return;
    }
  }

  void matcher(const Rules::MatcherContext& node) {
    const antlr4::Token* name = node.name != nullptr ? node.name : node.quoted;
    if (node.value == nullptr) return builder_.name_matcher(piece(name));
    builder_.matcher(piece(name), name->getType() == Rules::STRING,
                     look_up(kMatchKinds, node.op->getType(), model::MatchKind::Equal),
                     piece(node.value));
  }

  void duration(antlr4::ParserRuleContext& context) {
    if (const auto* unary = dynamic_cast<Rules::DurationUnaryContext*>(&context)) {
      builder_.duration_unary(binary_op(unary->op), start_of(unary->op));
    } else if (const auto* binary = dynamic_cast<Rules::DurationBinaryContext*>(&context)) {
      builder_.duration_binary(binary_op(binary->op), start_of(binary->op));
    } else if (const auto* unary = dynamic_cast<Rules::OpenUnaryContext*>(&context)) {
      builder_.duration_unary(binary_op(unary->op), start_of(unary->op));
    } else if (const auto* binary = dynamic_cast<Rules::OpenBinaryContext*>(&context)) {
      builder_.duration_binary(binary_op(binary->op), start_of(binary->op));
    }
  }

  void duration_operand(antlr4::ParserRuleContext& context) {
    switch (context.getRuleIndex()) {
      case Rules::RuleDurationLiteral:
        return builder_.duration_literal();
      case Rules::RuleDurationCall: {
        const antlr4::Token* function = as<Rules::DurationCallContext>(context).function;
        return builder_.duration_call(duration_kind(function), piece(function));
      }
      case Rules::RuleDurationPick: {
        const antlr4::Token* function = as<Rules::DurationPickContext>(context).function;
        return builder_.duration_pick(duration_kind(function));
      }
      case Rules::RuleDurationWrapped:
        return builder_.duration_wrapped();
      case Rules::RuleSpan:
        return builder_.positive_duration();
      default:
        return offset_duration(as<Rules::OffsetDurationContext>(context));
    }
  }

  void offset_duration(const Rules::OffsetDurationContext& node) {
    if (node.sign == nullptr) return;
    const BinaryOp op = binary_op(node.sign);
    if (node.literal != nullptr) {
      builder_.signed_duration_literal(op, start_of(node.sign));
    } else if (node.wrapped != nullptr) {
      builder_.duration_unary(op, start_of(node.sign));
    } else {
      builder_.duration_signed_call(op, start_of(node.sign));
    }
  }

  std::string_view text_;
  antlr4::TokenStream& tokens_;
  Builder& builder_;
  bool stopped_ = false;
};

// Go's %.10q and "..." for what is longer than ten bytes.
std::string shorten(std::string_view text) {
  if (text.size() <= 10) return base::quote(text);
  size_t end = 0;
  for (int characters = 0; end < text.size(); ++end) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (starts && ++characters > 10) break;
  }
  return base::quote(text.substr(0, end)) + "...";
}

// The kinds of token whose name stands before the token in "unexpected ...".
constexpr std::pair<size_t, std::string_view> kNamedTokens[] = {
    {Rules::STRING, "string "}, {Rules::NUMBER, "number "}, {Rules::DURATION, "duration "}};

constexpr size_t kKeywords[] = {
    Rules::OFFSET,     Rules::SMOOTHED,    Rules::ANCHORED, Rules::BY,        Rules::WITHOUT,
    Rules::ON,         Rules::IGNORING,    Rules::FILL,     Rules::FILL_LEFT, Rules::FILL_RIGHT,
    Rules::GROUP_LEFT, Rules::GROUP_RIGHT, Rules::BOOL};

constexpr size_t kOtherOperators[] = {Rules::AT, Rules::EQL_REGEX, Rules::NEQ_REGEX};

// A token as Prometheus names it in "unexpected ...".
std::string describe(const antlr4::Token& token, std::string_view text) {
  const size_t type = token.getType();
  const auto is_in = [type](const auto& list) {
    return std::find(std::begin(list), std::end(list), type) != std::end(list);
  };
  const auto tagged = [text](std::string_view tag) {
    return "<" + std::string(tag) + std::string(text) + ">";
  };
  if (type == antlr4::Token::EOF) return "end of input";
  if (type == Rules::IDENTIFIER) return "identifier " + base::quote(text);
  if (type == Rules::METRIC_IDENTIFIER) return "metric identifier " + base::quote(text);
  if (is_in(kKeywords)) return tagged("");
  if (type >= Rules::SUM && type <= Rules::LIMIT_RATIO) return tagged("aggr:");
  const bool sign = type == Rules::ADD || type == Rules::SUB || type == Rules::POW;
  if (sign || is_in(kOtherOperators) || shape_of(type) == TokenShape::Operator) {
    return tagged("op:");
  }
  return std::string(look_up(kNamedTokens, type, std::string_view())) + shorten(text);
}

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
  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) override {
    record(*parser, error.getOffendingToken());
  }
  void recover(antlr4::Parser*, std::exception_ptr) override {
    throw antlr4::ParseCancellationException();
  }
  antlr4::Token* recoverInline(antlr4::Parser* parser) override {
    record(*parser, parser->getCurrentToken());
    throw antlr4::ParseCancellationException();
  }

 private:
  void record(antlr4::Parser& parser, const antlr4::Token* token) {
    exits_.stop();
    offending_ = token;
    const auto start = token->getStartIndex();
    std::string message = "unexpected ";
    message += describe(
        *token, text_.substr(std::min(start, text_.size()), token->getStopIndex() + 1 - start));
    const Expectation expectation = expect(parser);
    if (!expectation.context.empty()) message += " in " + std::string(expectation.context);
    if (!expectation.expected.empty()) {
      message += ", expected " + std::string(expectation.expected);
    }
    error_ = {start_of(token), std::move(message)};
  }

  Expectation expect(antlr4::Parser& parser) const {
    const antlr4::ParserRuleContext* innermost = parser.getContext();
    const size_t last = previous(parser);
    // Not as a label: then a list of labels or the right side should have come.
    if ((last == Rules::GROUP_LEFT || last == Rules::GROUP_RIGHT) &&
        innermost->getRuleIndex() != Rules::RuleGroupingLabels) {
      return {"grouping opts", "\"(\""};
    }
    for (const antlr4::tree::ParseTree* node = innermost; node != nullptr; node = node->parent) {
      const auto* context = static_cast<const antlr4::ParserRuleContext*>(node);
      const auto found = words(parser, *context, context == innermost);
      if (found) return *found;
    }
    return {};
  }

  std::optional<Expectation> words(antlr4::Parser& parser, const antlr4::ParserRuleContext& context,
                                   bool innermost) const {
    switch (context.getRuleIndex()) {
      case Rules::RuleMatcher:
        return matcher(static_cast<const Rules::MatcherContext&>(context));
      case Rules::RuleMatchers:
        return matchers(previous(parser));
      case Rules::RuleGrouping:
        return Expectation{"grouping opts", "\"(\""};
      case Rules::RuleGroupingLabels:
        return grouping_labels(previous(parser));
      case Rules::RuleRange:
        return range(static_cast<const Rules::RangeContext&>(context),
                     innermost ? previous(parser) : 0);
      case Rules::RuleAt:
        return Expectation{"@", "timestamp"};
      case Rules::RuleOffset:
        return Expectation{"offset", "number, duration, step(), or range()"};
      case Rules::RuleAggregation:
        return Expectation{"aggregation", ""};
      default:
        return std::nullopt;
    }
  }

  // The type of the token before the offending one.
  size_t previous(antlr4::Parser& parser) const {
    const size_t index = offending_->getTokenIndex();
    return index == 0 ? 0 : parser.getTokenStream()->get(index - 1)->getType();
  }

  bool consumed(const antlr4::Token* token) const {
    return token != nullptr && token->getTokenIndex() < offending_->getTokenIndex();
  }

  Expectation matcher(const Rules::MatcherContext& context) const {
    if (consumed(context.op)) return {"label matching", "string"};
    if (consumed(context.name)) return {"label matching", "label matching operator"};
    return {"label matching", R"(identifier or "}")"};
  }

  static Expectation matchers(size_t previous) {
    if (previous == Rules::LBRACE || previous == Rules::COMMA) {
      return {"label matching", R"(identifier or "}")"};
    }
    return {"label matching", R"("," or "}")"};
  }

  static Expectation grouping_labels(size_t previous) {
    if (previous == Rules::LPAREN || previous == Rules::INCLUDE_LPAREN ||
        previous == Rules::COMMA) {
      return {"grouping opts", "label"};
    }
    return {"grouping opts", "\",\" or \")\""};
  }

  // previous is 0 when the error is within one of the durations.
  Expectation range(const Rules::RangeContext& context, size_t previous) const {
    if (!consumed(context.colon)) {
      if (previous == 0 || previous == Rules::LBRACKET) {
        return {"subquery or range selector", "number, duration, step(), or range()"};
      }
      return {"subquery or range", R"(":" or "]")"};
    }
    if (previous == 0 || previous == Rules::COLON) {
      return {"subquery selector", R"(number, duration, step(), range(), or "]")"};
    }
    return {"subquery selector", R"("]")"};
  }

  std::string_view text_;
  Exits& exits_;
  const antlr4::Token* offending_ = nullptr;
  ParseError error_;
};

enum class Start : uint8_t { Query, Selector };

std::mutex& antlr_mutex() {
  static std::mutex mutex;
  return mutex;
}

Error to_error(std::string_view text, const ParseError& error) {
  const std::string position =
      text.empty() ? "unknown position" : model::line_and_column(text, error.start);
  return {ErrorKind::BadData, position + ": parse error: " + error.message};
}

// Prometheus' lexer, parser and actions take turns; the error they meet first wins.
std::optional<ParseError> first_error(const Lexed& lexed, size_t tokens, const FirstError& syntax,
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

// Runs ANTLR over the text. The lexers' and parsers' shared tables grow while they are used, so
// that two at a time would race.
Result<ExprPtr> build(std::string_view text, Start start, const Features& features) {
  const std::lock_guard<std::mutex> lock(antlr_mutex());
  ByteStream bytes(text);
  Lexed lexed = lex(text, bytes);
  const size_t count = lexed.tokens.size();
  if (start == Start::Query && count == 1 && !lexed.error) {
    return to_error(text, {0, "no expression found in input"});
  }
  antlr4::ListTokenSource source(std::move(lexed.tokens));
  antlr4::CommonTokenStream tokens(&source);
  PromQLParser parser(&tokens);
  Builder builder(features);
  Exits exits(text, tokens, builder);
  auto strategy = std::make_shared<FirstError>(text, exits);
  parser.removeErrorListeners();
  parser.setErrorHandler(strategy);
  parser.setBuildParseTree(false);
  parser.addParseListener(&exits);
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::SLL);
  try {
    start == Start::Query ? static_cast<void>(parser.query())
                          : static_cast<void>(parser.selector());
  } catch (const antlr4::ParseCancellationException&) {
    // The strategy has kept the error.
  } catch (const std::exception& failure) {
    return Error{ErrorKind::Internal, std::string("parser: ") + failure.what()};
  }
  if (const auto error = first_error(lexed, count, *strategy, builder.error())) {
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
