#include "src/promql/parse_exits.h"

namespace gnomon::promql {

namespace {

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

DurationExpr::Kind duration_kind(const antlr4::Token* token) {
  return look_up(kDurationCalls, token->getType(), DurationExpr::Kind::Step);
}

template <typename Context>
Context& as(antlr4::ParserRuleContext& context) {
  return static_cast<Context&>(context);
}

}  // namespace

void Exits::exit(antlr4::ParserRuleContext& context) {
  const size_t consumed = tokens_.index();
  builder_.set_progress(consumed, consumed == 0 ? 0 : end_of(tokens_.get(consumed - 1)));
  complete(context);
}

void Exits::enter(antlr4::ParserRuleContext& context) {
  switch (context.getRuleIndex()) {
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

Piece Exits::piece(const antlr4::Token* token) const {
  const size_t start = token->getStartIndex();
  return {text_.substr(start, token->getStopIndex() + 1 - start), start_of(token)};
}

void Exits::complete(antlr4::ParserRuleContext& context) {
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

void Exits::expression(antlr4::ParserRuleContext& context) {
  if (const auto* unary = dynamic_cast<Rules::UnaryContext*>(&context)) {
    builder_.unary(binary_op(unary->op), start_of(unary->op));
  } else if (const auto* binary = dynamic_cast<Rules::BinaryContext*>(&context)) {
    builder_.binary(binary_op(binary->op));
  }
}

void Exits::operand(antlr4::ParserRuleContext& context) {
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
      return builder_.aggregation(aggregate_op(node.start), start_of(node.start),
                                  node.first != nullptr, node.last != nullptr);
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

void Exits::matching(antlr4::ParserRuleContext& context) {
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

void Exits::selector(antlr4::ParserRuleContext& context) {
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

void Exits::matcher(const Rules::MatcherContext& node) {
  const antlr4::Token* name = node.name != nullptr ? node.name : node.quoted;
  if (node.value == nullptr) return builder_.name_matcher(piece(name));
  builder_.matcher(piece(name), name->getType() == Rules::STRING,
                   look_up(kMatchKinds, node.op->getType(), model::MatchKind::Equal),
                   piece(node.value));
}

void Exits::duration(antlr4::ParserRuleContext& context) {
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

void Exits::duration_operand(antlr4::ParserRuleContext& context) {
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

void Exits::offset_duration(const Rules::OffsetDurationContext& node) {
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

}  // namespace gnomon::promql
