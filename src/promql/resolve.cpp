#include "src/promql/resolve.h"

#include <cmath>
#include <string>

#include "src/functions/go_math.h"
#include "src/promql/walk.h"

namespace gnomon::promql {

namespace {

Error duration_error(const DurationExpr& expr, std::string_view what) {
  return {ErrorKind::BadData, std::to_string(expr.position.start) + ":" +
                                  std::to_string(expr.position.end) + ": " + std::string(what)};
}

// Go's math.Min and math.Max: NaN wins unless the other is the infinity sought.
double min_of(double a, double b) {
  if (a == -HUGE_VAL || b == -HUGE_VAL) return -HUGE_VAL;
  if (std::isnan(a) || std::isnan(b)) return std::nan("");
  return a < b ? a : b;
}

double max_of(double a, double b) {
  if (a == HUGE_VAL || b == HUGE_VAL) return HUGE_VAL;
  if (std::isnan(a) || std::isnan(b)) return std::nan("");
  return a > b ? a : b;
}

class Resolver {
 public:
  Resolver(const model::TimeGrid& grid, bool instant)
      : grid_(grid),
        step_s_(instant ? 0 : static_cast<double>(grid.step_ms) / 1000.0),
        range_s_(instant ? 0 : static_cast<double>(grid.end_ms - grid.start_ms) / 1000.0) {}

  Result<void> run(Expr& expr) {
    if (auto* node = std::get_if<VectorSelector>(&expr.node)) TRY_VOID(time(node->time));
    if (auto* node = std::get_if<MatrixSelector>(&expr.node)) TRY_VOID(length(node->range));
    if (auto* node = std::get_if<Subquery>(&expr.node)) {
      TRY_VOID(time(node->time));
      TRY_VOID(length(node->step));
      TRY_VOID(length(node->range));
    }
    fold(expr);
    Result<void> result;
    for_each_child(expr, [&](ExprPtr& child) {
      if (result.ok()) result = run(*child);
    });
    return result;
  }

 private:
  Result<void> time(TimeModifier& time) {
    if (time.at == AtKind::Start) time.at_ms = grid_.start_ms;
    if (time.at == AtKind::End) time.at_ms = grid_.end_ms;
    return set(time.offset, true);
  }

  Result<void> length(Duration& duration) { return set(duration, false); }

  Result<void> set(Duration& duration, bool may_be_negative) {
    if (!duration.expr) return {};
    const DurationExpr& expr = *duration.expr;
    TRY(const double seconds, value(expr));
    if (std::isnan(seconds) || std::isinf(seconds)) {
      return duration_error(expr, "duration is NaN or infinite");
    }
    if (seconds <= 0 && !may_be_negative) {
      return duration_error(expr, "duration must be greater than 0");
    }
    constexpr double kMax = 0x1p63 / 1e9;
    if (seconds > kMax || seconds < -kMax) {
      return duration_error(expr, "duration is out of range");
    }
    duration.ms = static_cast<int64_t>(seconds * 1000);
    return {};
  }

  Result<double> value(const DurationExpr& expr) const {
    double left = 0;
    double right = 0;
    if (expr.left) {
      TRY(left, value(*expr.left));
    }
    if (expr.right) {
      TRY(right, value(*expr.right));
    }
    switch (expr.kind) {
      case DurationExpr::Kind::Literal:
        return expr.seconds;
      case DurationExpr::Kind::Unary:
        return expr.op == BinaryOp::Sub ? -left : left;
      case DurationExpr::Kind::Binary:
        return binary(expr, left, right);
      case DurationExpr::Kind::Step:
        return step_s_;
      case DurationExpr::Kind::Range:
        return range_s_;
      case DurationExpr::Kind::MinOf:
        return min_of(left, right);
      case DurationExpr::Kind::MaxOf:
        return max_of(left, right);
    }
    return 0.0;
  }

  static Result<double> binary(const DurationExpr& expr, double left, double right) {
    switch (expr.op) {
      case BinaryOp::Add:
        return left + right;
      case BinaryOp::Sub:
        return left - right;
      case BinaryOp::Mul:
        return left * right;
      case BinaryOp::Div:
        if (right == 0) return duration_error(expr, "division by zero");
        return left / right;
      case BinaryOp::Mod:
        if (right == 0) return duration_error(expr, "modulo by zero");
        return std::fmod(left, right);
      default:
        return functions::go::pow(left, right);
    }
  }

  // start(), end(), range() and step() as functions are constants of the query.
  void fold(Expr& expr) const {
    const auto* call = std::get_if<Call>(&expr.node);
    if (call == nullptr || !call->arguments.empty()) return;
    const std::string_view name = call->function->name;
    const auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000.0; };
    if (name == "start") {
      expr.node = NumberLiteral{seconds(grid_.start_ms), false};
    } else if (name == "end") {
      expr.node = NumberLiteral{seconds(grid_.end_ms), false};
    } else if (name == "range") {
      expr.node = NumberLiteral{range_s_, false};
    } else if (name == "step") {
      // Of one step there is no distance to the next.
      expr.node = NumberLiteral{grid_.start_ms == grid_.end_ms ? 0 : step_s_, false};
    }
  }

  const model::TimeGrid& grid_;
  const double step_s_;
  const double range_s_;
};

}  // namespace

Result<void> resolve(Expr& expr, const model::TimeGrid& grid, bool instant) {
  return Resolver(grid, instant).run(expr);
}

}  // namespace gnomon::promql
