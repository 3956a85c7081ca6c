#include "src/promql/builder.h"

#include <algorithm>
#include <cmath>

#include "src/base/text.h"
#include "src/promql/walk.h"

namespace gnomon::promql {

namespace {

constexpr std::string_view kMetricName = "__name__";

// Go's %f: six decimals, +Inf, NaN.
std::string format_fixed(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  std::string text(340, '\0');
  text.resize(static_cast<size_t>(std::snprintf(text.data(), text.size(), "%f", v)));
  return text;
}

// int64 of a double as Go has it on amd64, where too large a value becomes the smallest.
int64_t to_int64(double v) {
  if (!(v >= -0x1p63 && v < 0x1p63)) return INT64_MIN;
  return static_cast<int64_t>(v);
}

}  // namespace

void dismantle(ExprPtr expr) {
  std::vector<ExprPtr> pending;
  if (expr) pending.push_back(std::move(expr));
  while (!pending.empty()) {
    const ExprPtr next = std::move(pending.back());
    pending.pop_back();
    for_each_child(*next, [&](ExprPtr& child) { pending.push_back(std::move(child)); });
    const auto drop = [](Duration& duration) { dismantle(std::move(duration.expr)); };
    if (auto* selector = std::get_if<VectorSelector>(&next->node)) drop(selector->time.offset);
    if (auto* matrix = std::get_if<MatrixSelector>(&next->node)) drop(matrix->range);
    if (auto* subquery = std::get_if<Subquery>(&next->node)) {
      drop(subquery->range);
      drop(subquery->step);
      drop(subquery->time.offset);
    }
  }
}

void dismantle(DurationExprPtr expr) {
  std::vector<DurationExprPtr> pending;
  if (expr) pending.push_back(std::move(expr));
  while (!pending.empty()) {
    const DurationExprPtr next = std::move(pending.back());
    pending.pop_back();
    if (next->left) pending.push_back(std::move(next->left));
    if (next->right) pending.push_back(std::move(next->right));
  }
}

Builder::~Builder() {
  for (ExprPtr& expr : exprs_) dismantle(std::move(expr));
  for (DurationExprPtr& expr : durations_) dismantle(std::move(expr));
}

void Builder::fail(int32_t start, std::string message, bool look_ahead) {
  if (failed()) return;
  error_ = BuildError{{start, std::move(message)}, tokens_ + (look_ahead ? 1 : 0)};
}

ExprPtr Builder::pop() {
  ExprPtr expr = std::move(exprs_.back());
  exprs_.pop_back();
  return expr;
}

DurationExprPtr Builder::pop_duration() {
  DurationExprPtr expr = std::move(durations_.back());
  durations_.pop_back();
  return expr;
}

Builder::Number Builder::pop_number() {
  const Number number = numbers_.back();
  numbers_.pop_back();
  return number;
}

void Builder::push(PositionRange position, ValueType type, decltype(Expr::node) node) {
  auto expr = std::make_unique<Expr>();
  expr->position = position;
  expr->type = type;
  expr->node = std::move(node);
  exprs_.push_back(std::move(expr));
}

ExprPtr Builder::take_expression() { return pop(); }

// Operands.

void Builder::number(Piece token, bool duration) {
  if (failed()) return;
  const PositionRange position{token.start, token.end()};
  if (duration) {
    auto ms = base::parse_duration(token.text);
    if (!ms.ok()) return fail(token.start, ms.error().message);
    // As time.Duration.Seconds() computes it.
    const double seconds =
        static_cast<double>(*ms / 1000) + static_cast<double>(*ms % 1000 * 1'000'000) / 1e9;
    numbers_.push_back({seconds, true, position});
    return;
  }
  auto value = parse_number(token.text);
  if (!value.ok()) return fail(token.start, value.error().message);
  numbers_.push_back({*value, false, position});
}

void Builder::number_literal() {
  if (failed()) return;
  const Number number = pop_number();
  push(number.position, ValueType::Scalar, NumberLiteral{number.value, number.duration});
}

void Builder::string_literal(Piece token) {
  if (failed()) return;
  push({token.start, token.end()}, ValueType::String, StringLiteral{unquote(token.text)});
}

void Builder::parenthesized(int32_t start) {
  if (failed()) return;
  ExprPtr inner = pop();
  const ValueType type = inner->type;
  push({start, end_}, type, Paren{std::move(inner)});
}

void Builder::begin_arguments() { argument_marks_.push_back(exprs_.size()); }

void Builder::trailing_comma(int32_t start) {
  fail(start, "trailing commas not allowed in function call args", true);
}

std::vector<ExprPtr> Builder::pop_arguments() {
  const auto mark = static_cast<std::ptrdiff_t>(argument_marks_.back());
  argument_marks_.pop_back();
  std::vector<ExprPtr> arguments(std::make_move_iterator(exprs_.begin() + mark),
                                 std::make_move_iterator(exprs_.end()));
  exprs_.resize(static_cast<size_t>(mark));
  return arguments;
}

void Builder::call(Piece name) {
  if (failed()) return;
  const functions::Function* function = functions::find_function(name.text);
  if (function == nullptr) {
    return fail(name.start, "unknown function with name " + base::quote(name.text));
  }
  if (function->stability == functions::Stability::Experimental &&
      !features_.experimental_functions) {
    return fail(name.start, "function " + base::quote(name.text) + " is not enabled");
  }
  push({name.start, end_}, function->returns, Call{function, pop_arguments()});
}

void Builder::grouping_modifier(bool without) {
  if (failed()) return;
  modifiers_.push_back({std::move(grouping_), without});
  grouping_.clear();
}

void Builder::aggregation(AggregateOp op, int32_t start, bool modifier_first, bool modifier_last) {
  if (failed()) return;
  Aggregate node;
  node.op = op;
  if (modifier_first || modifier_last) {
    node.grouping = std::move(modifiers_.back().labels);
    node.without = modifiers_.back().without;
    modifiers_.pop_back();
  }
  std::vector<ExprPtr> arguments = pop_arguments();
  // Without a modifier the next token had to be read to know that there is none.
  const bool look_ahead = !modifier_first && !modifier_last;
  if (arguments.empty()) {
    return fail(start, "no arguments for aggregate expression provided", look_ahead);
  }
  const functions::Aggregation& known = functions::aggregation(op);
  if (known.stability == functions::Stability::Experimental && !features_.experimental_functions) {
    return fail(start,
                std::string(known.text) +
                    "() is experimental and must be enabled with "
                    "--enable-feature=promql-experimental-functions",
                look_ahead);
  }
  const size_t wanted = known.parameter == ValueType::None ? 1 : 2;
  if (arguments.size() != wanted) {
    const size_t count = arguments.size();
    for (ExprPtr& argument : arguments) dismantle(std::move(argument));
    return fail(start,
                "wrong number of arguments for aggregate expression provided, expected " +
                    std::to_string(wanted) + ", got " + std::to_string(count),
                look_ahead);
  }
  node.expr = std::move(arguments.back());
  if (wanted == 2) node.param = std::move(arguments.front());
  push({start, end_}, ValueType::InstantVector, std::move(node));
}

// Grouping lists.

void Builder::begin_grouping() { grouping_.clear(); }

void Builder::grouping_label(Piece token, bool quoted) {
  if (failed()) return;
  std::string name = quoted ? unquote(token.text) : std::string(token.text);
  if (name.empty() || !base::valid_utf8(name)) {
    return fail(token.start, "invalid label name for grouping: " + base::quote(name));
  }
  grouping_.push_back(std::move(name));
}

// Operators.

void Builder::unary(BinaryOp op, int32_t start) {
  if (failed()) return;
  Expr& operand = *exprs_.back();
  if (auto* number = std::get_if<NumberLiteral>(&operand.node)) {
    if (op == BinaryOp::Sub) number->value *= -1;
    operand.position.start = start;
    return;
  }
  ExprPtr inner = pop();
  const ValueType type = inner->type;
  const int32_t end = inner->position.end;
  push({start, end}, type, Unary{op, std::move(inner)});
}

void Builder::begin_matching() { matchings_.emplace_back(); }

void Builder::matching_bool() { matchings_.back().return_bool = true; }

void Builder::matching_labels(bool on) {
  VectorMatching& vectors = matchings_.back().vectors;
  vectors.on = on;
  vectors.labels = std::move(grouping_);
  grouping_.clear();
}

void Builder::matching_include(Cardinality card, bool labels) {
  VectorMatching& vectors = matchings_.back().vectors;
  vectors.card = card;
  if (labels) vectors.include = std::move(grouping_);
  grouping_.clear();
}

void Builder::fill_value(bool negative) {
  if (failed()) return;
  const Number number = pop_number();
  fill_value_ = negative ? number.value * -1 : number.value;
}

void Builder::fill(bool left, bool right) {
  VectorMatching& vectors = matchings_.back().vectors;
  if (left) vectors.fill_left = fill_value_;
  if (right) vectors.fill_right = fill_value_;
}

void Builder::binary(BinaryOp op) {
  if (failed()) return;
  Matching matching = std::move(matchings_.back());
  matchings_.pop_back();
  ExprPtr right = pop();
  ExprPtr left = pop();
  const PositionRange position{left->position.start, right->position.end};
  const VectorMatching& vectors = matching.vectors;
  const bool fills = vectors.fill_left || vectors.fill_right;
  const ValueType type = left->type == ValueType::Scalar && right->type == ValueType::Scalar
                             ? ValueType::Scalar
                             : ValueType::InstantVector;
  push(position, type,
       Binary{op, std::move(left), std::move(right), std::move(matching.vectors),
              matching.return_bool});
  if (fills && !features_.binop_fill_modifiers) {
    fail(position.start, "binop fill modifiers are experimental and not enabled", true);
  }
}

// Selectors.

void Builder::metric_name(Piece token) { name_ = std::string(token.text); }

void Builder::matcher(Piece name, bool quoted, model::MatchKind kind, Piece value) {
  if (failed()) return;
  auto matcher = model::Matcher::create(kind, quoted ? unquote(name.text) : std::string(name.text),
                                        unquote(value.text));
  if (!matcher.ok()) return fail(name.start, matcher.error().message);
  matchers_.push_back(std::move(matcher).value());
}

void Builder::name_matcher(Piece name) {
  if (failed()) return;
  matchers_.push_back(model::Matcher::equal(std::string(kMetricName), unquote(name.text)));
}

void Builder::vector_selector(int32_t start) {
  if (failed()) return;
  if (!name_.empty()) {
    matchers_.push_back(model::Matcher::equal(std::string(kMetricName), name_));
  }
  VectorSelector node;
  node.name = std::exchange(name_, {});
  node.matchers = std::exchange(matchers_, {});
  push({start, end_}, ValueType::InstantVector, std::move(node));
}

Duration Builder::to_duration(DurationExprPtr expr) {
  if (expr->kind != DurationExpr::Kind::Literal) return {0, std::move(expr)};
  // Nanoseconds first, as time.Duration; the literal is known to be in its range.
  return {to_int64(std::round(expr->seconds * 1e9)) / 1'000'000, nullptr};
}

void Builder::range(int32_t bracket) {
  if (failed()) return;
  Duration range = to_duration(pop_duration());
  ExprPtr inner = pop();
  const auto* selector = std::get_if<VectorSelector>(&inner->node);
  const char* error = nullptr;
  if (selector == nullptr) {
    error = "ranges only allowed for vector selectors";
  } else if (selector->time.offset.ms != 0 || selector->time.offset.expr) {
    error = "no offset modifiers allowed before range";
  } else if (selector->time.at != AtKind::None) {
    error = "no @ modifiers allowed before range";
  }
  const int32_t start = inner->position.start;
  push({start, end_}, ValueType::RangeVector, MatrixSelector{std::move(inner), std::move(range)});
  if (error != nullptr) fail(bracket, error);
}

void Builder::subquery(bool step) {
  if (failed()) return;
  Subquery node;
  if (step) node.step = to_duration(pop_duration());
  node.range = to_duration(pop_duration());
  node.expr = pop();
  const int32_t start = node.expr->position.start;
  push({start, end_}, ValueType::RangeVector, std::move(node));
}

VectorSelector* Builder::extended(std::string_view modifier) {
  Expr& expr = *exprs_.back();
  const int32_t start = expr.position.start;
  if (!features_.extended_range_selectors) {
    fail(start, std::string(modifier) + " modifier is experimental and not enabled");
    return nullptr;
  }
  if (auto* selector = std::get_if<VectorSelector>(&expr.node)) return selector;
  if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
    return std::get_if<VectorSelector>(&matrix->selector->node);
  }
  const bool subquery = std::holds_alternative<Subquery>(expr.node);
  fail(start, std::string(modifier) + (subquery ? " modifier is not supported for subqueries"
                                                : " modifier not implemented"));
  return nullptr;
}

void Builder::anchored() {
  if (failed()) return;
  VectorSelector* selector = extended("anchored");
  if (selector == nullptr) return;
  selector->anchored = true;
  if (selector->smoothed) {
    fail(exprs_.back()->position.start, "anchored and smoothed modifiers cannot be used together");
  }
}

void Builder::smoothed() {
  if (failed()) return;
  VectorSelector* selector = extended("smoothed");
  if (selector == nullptr) return;
  selector->smoothed = true;
  if (selector->anchored) {
    fail(exprs_.back()->position.start, "anchored and smoothed modifiers cannot be used together");
  }
}

TimeModifier* Builder::time_modifier(Expr& expr, std::string_view what, bool look_ahead) {
  if (auto* selector = std::get_if<VectorSelector>(&expr.node)) return &selector->time;
  if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
    return &std::get<VectorSelector>(matrix->selector->node).time;
  }
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) return &subquery->time;
  fail(expr.position.start,
       std::string(what) +
           " modifier must be preceded by an instant vector selector or range "
           "vector selector or a subquery",
       look_ahead);
  return nullptr;
}

void Builder::at_number(bool negative) {
  if (failed()) return;
  const double value = pop_number().value;
  const double seconds = negative ? -value : value;
  if (std::isnan(seconds) || seconds >= 0x1p63 || seconds <= -0x1p63) {
    return fail(exprs_.back()->position.start,
                "timestamp out of bounds for @ modifier: " + format_fixed(seconds));
  }
  set_at(AtKind::Timestamp, to_int64(std::round(seconds * 1000)));
}

void Builder::at_preprocessor(AtKind kind) {
  if (failed()) return;
  set_at(kind, 0);
}

void Builder::set_at(AtKind kind, int64_t at_ms) {
  Expr& expr = *exprs_.back();
  TimeModifier* time = time_modifier(expr, "@", false);
  if (time == nullptr) return;
  if (time->at != AtKind::None) {
    return fail(expr.position.start, "@ <timestamp> may not be set multiple times");
  }
  time->at = kind;
  time->at_ms = at_ms;
  expr.position.end = end_;
}

void Builder::offset(bool look_ahead) {
  if (failed()) return;
  DurationExprPtr duration = pop_duration();
  Expr& expr = *exprs_.back();
  TimeModifier* time = time_modifier(expr, "offset", look_ahead);
  if (time == nullptr || time->offset.ms != 0 || time->offset.expr) {
    dismantle(std::move(duration));
    return fail(expr.position.start, "offset may not be set multiple times", look_ahead);
  }
  time->offset = to_duration(std::move(duration));
  expr.position.end = end_;
}

}  // namespace gnomon::promql
