#include "src/promql/parse_errors.h"

#include <algorithm>
#include <string>

#include "src/base/text.h"

namespace gnomon::promql {

namespace {

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
std::string name_of(const antlr4::Token& token, std::string_view text) {
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
  if (is_aggregation(type)) return tagged("aggr:");
  const bool sign = type == Rules::ADD || type == Rules::SUB || type == Rules::POW;
  if (sign || is_in(kOtherOperators) || shape_of(type) == TokenShape::Operator) {
    return tagged("op:");
  }
  return std::string(look_up(kNamedTokens, type, std::string_view())) + shorten(text);
}

}  // namespace

ParseError SyntaxError::describe(antlr4::Parser& parser) const {
  const antlr4::Token* token = offending();
  const auto start = token->getStartIndex();
  std::string message = "unexpected ";
  message += name_of(
      *token, text_.substr(std::min(start, text_.size()), token->getStopIndex() + 1 - start));
  const Expectation expectation = expect(parser);
  if (!expectation.context.empty()) message += " in " + std::string(expectation.context);
  if (!expectation.expected.empty()) {
    message += ", expected " + std::string(expectation.expected);
  }
  return {start_of(token), std::move(message)};
}

Expectation SyntaxError::expect(antlr4::Parser& parser) const {
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

std::optional<Expectation> SyntaxError::words(antlr4::Parser& parser,
                                              const antlr4::ParserRuleContext& context,
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

size_t SyntaxError::previous(antlr4::Parser& parser) const {
  const size_t index = offending()->getTokenIndex();
  return index == 0 ? 0 : parser.getTokenStream()->get(index - 1)->getType();
}

bool SyntaxError::consumed(const antlr4::Token* token) const {
  return token != nullptr && token->getTokenIndex() < offending()->getTokenIndex();
}

Expectation SyntaxError::matcher(const Rules::MatcherContext& context) const {
  if (consumed(context.op)) return {"label matching", "string"};
  if (consumed(context.name)) return {"label matching", "label matching operator"};
  return {"label matching", R"(identifier or "}")"};
}

Expectation SyntaxError::matchers(size_t previous) {
  if (previous == Rules::LBRACE || previous == Rules::COMMA) {
    return {"label matching", R"(identifier or "}")"};
  }
  return {"label matching", R"("," or "}")"};
}

Expectation SyntaxError::grouping_labels(size_t previous) {
  if (previous == Rules::LPAREN || previous == Rules::INCLUDE_LPAREN || previous == Rules::COMMA) {
    return {"grouping opts", "label"};
  }
  return {"grouping opts", "\",\" or \")\""};
}

Expectation SyntaxError::range(const Rules::RangeContext& context, size_t previous) const {
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

}  // namespace gnomon::promql
