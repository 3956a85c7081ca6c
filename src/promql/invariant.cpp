#include "src/promql/invariant.h"

#include <algorithm>

#include "src/base/overloaded.h"

namespace gnomon::promql {

namespace {

bool is_selector(const Expr& expr) {
  const Expr* at = &expr;
  while (auto* paren = std::get_if<Paren>(&at->node)) at = paren->expr.get();
  return std::holds_alternative<VectorSelector>(at->node);
}

bool is_invariant_call(const Call& call) {
  bool reads_sample_time = call.function->name == "timestamp" && !call.arguments.empty() &&
                           is_selector(*call.arguments[0]);
  if (call.function->time_dependent && !reads_sample_time) return false;
  return std::all_of(call.arguments.begin(), call.arguments.end(),
                     [](const auto& argument) { return is_step_invariant(*argument); });
}

ReferenceTime own_time(const TimeModifier& time) {
  if (time.at == AtKind::None) return {false, -time.offset.ms};
  return {true, time.at_ms - time.offset.ms};
}

}  // namespace

bool is_step_invariant(const Expr& expr) {
  return std::visit(
      base::overloaded{
          [](const NumberLiteral&) { return true; }, [](const StringLiteral&) { return true; },
          [](const VectorSelector& s) { return s.time.at != AtKind::None; },
          [](const MatrixSelector& m) { return is_step_invariant(*m.selector); },
          [](const Subquery& s) { return s.time.at != AtKind::None; },
          [](const Call& c) { return is_invariant_call(c); },
          [](const Aggregate& a) {
            return is_step_invariant(*a.expr) && (!a.param || is_step_invariant(*a.param));
          },
          [](const Binary& b) { return is_step_invariant(*b.left) && is_step_invariant(*b.right); },
          [](const Unary& u) { return is_step_invariant(*u.expr); },
          [](const Paren& p) { return is_step_invariant(*p.expr); }},
      expr.node);
}

std::optional<ReferenceTime> reference_time(const Expr& expr) {
  using Time = std::optional<ReferenceTime>;
  return std::visit(
      base::overloaded{[](const NumberLiteral&) -> Time { return std::nullopt; },
                       [](const StringLiteral&) -> Time { return std::nullopt; },
                       [](const VectorSelector& s) -> Time { return own_time(s.time); },
                       [](const MatrixSelector& m) -> Time { return reference_time(*m.selector); },
                       [](const Subquery& s) -> Time {
                         Time inner = reference_time(*s.expr);
                         if (!inner || inner->fixed) return inner;
                         ReferenceTime outer = own_time(s.time);
                         return ReferenceTime{outer.fixed, outer.time_ms + inner->time_ms};
                       },
                       [](const Call& c) -> Time {
                         for (const auto& argument : c.arguments) {
                           if (Time time = reference_time(*argument)) return time;
                         }
                         return std::nullopt;
                       },
                       [](const Aggregate& a) -> Time { return reference_time(*a.expr); },
                       [](const Binary& b) -> Time {
                         Time left = reference_time(*b.left);
                         return left ? left : reference_time(*b.right);
                       },
                       [](const Unary& u) -> Time { return reference_time(*u.expr); },
                       [](const Paren& p) -> Time { return reference_time(*p.expr); }},
      expr.node);
}

}  // namespace gnomon::promql
