#include "src/promql/builder.h"

namespace gnomon::promql {

namespace {

// Of the seconds that an int64 of nanoseconds holds. NaN too, which Prometheus lets through.
bool out_of_range(double seconds) {
  constexpr double kMax = 0x1p63 / 1e9;
  return !(seconds <= kMax && seconds >= -kMax);
}

DurationExprPtr literal(double seconds, bool duration, PositionRange position) {
  auto expr = std::make_unique<DurationExpr>();
  expr->seconds = seconds;
  expr->literal_is_duration = duration;
  expr->position = position;
  return expr;
}

DurationExprPtr operation(DurationExpr::Kind kind, BinaryOp op, DurationExprPtr left,
                          DurationExprPtr right, PositionRange position) {
  auto expr = std::make_unique<DurationExpr>();
  expr->kind = kind;
  expr->op = op;
  expr->left = std::move(left);
  expr->right = std::move(right);
  expr->position = position;
  return expr;
}

}  // namespace

void Builder::duration_literal() {
  if (failed()) return;
  const Number number = pop_number();
  if (out_of_range(number.value)) return fail(number.position.start, "duration out of range");
  push_duration(literal(number.value, number.duration, number.position));
}

void Builder::signed_duration_literal(BinaryOp sign, int32_t start) {
  if (failed()) return;
  const Number number = pop_number();
  const double seconds = sign == BinaryOp::Sub ? number.value * -1 : number.value;
  if (out_of_range(seconds)) return fail(start, "duration out of range");
  push_duration(literal(seconds, number.duration, {start, number.position.end}));
}

void Builder::duration_call(DurationExpr::Kind kind, Piece function) {
  if (failed()) return;
  push_duration(operation(kind, BinaryOp::Add, nullptr, nullptr, {function.start, end_}));
}

// The position of two operands is from the first to the second, whatever stands around them.
void Builder::duration_pick(DurationExpr::Kind kind) {
  if (failed()) return;
  DurationExprPtr right = pop_duration();
  DurationExprPtr left = pop_duration();
  const PositionRange position{left->position.start, right->position.end};
  push_duration(operation(kind, BinaryOp::Add, std::move(left), std::move(right), position));
}

void Builder::duration_wrapped() {
  if (failed()) return;
  DurationExpr& expr = *durations_.back();
  if (expr.kind != DurationExpr::Kind::Literal) expr.wrapped = true;
}

void Builder::duration_unary(BinaryOp op, int32_t start) {
  if (failed()) return;
  DurationExpr& operand = *durations_.back();
  if (operand.kind == DurationExpr::Kind::Literal) {
    if (op == BinaryOp::Sub) operand.seconds *= -1;
    operand.position.start = start;
    return;
  }
  if (op == BinaryOp::Sub) duration_signed_call(op, start);
}

void Builder::duration_signed_call(BinaryOp op, int32_t start) {
  if (failed()) return;
  DurationExprPtr operand = pop_duration();
  const int32_t end = operand->position.end;
  push_duration(
      operation(DurationExpr::Kind::Unary, op, std::move(operand), nullptr, {start, end}));
}

void Builder::duration_binary(BinaryOp op, int32_t start) {
  if (failed()) return;
  DurationExprPtr right = pop_duration();
  DurationExprPtr left = pop_duration();
  const bool zero = right->kind == DurationExpr::Kind::Literal && right->seconds == 0;
  if (zero && (op == BinaryOp::Div || op == BinaryOp::Mod)) {
    dismantle(std::move(left));
    return fail(start, op == BinaryOp::Div ? "division by zero" : "modulo by zero", true);
  }
  const PositionRange position{left->position.start, right->position.end};
  push_duration(
      operation(DurationExpr::Kind::Binary, op, std::move(left), std::move(right), position));
}

void Builder::positive_duration() {
  if (failed()) return;
  const DurationExpr& expr = *durations_.back();
  if (expr.kind == DurationExpr::Kind::Literal && expr.seconds <= 0) {
    fail(expr.position.start, "duration must be greater than 0", true);
  }
}

}  // namespace gnomon::promql
