#include "src/plan/invariant.h"

#include <algorithm>

#include "src/base/overloaded.h"

namespace gnomon::plan {

namespace {

using promql::AtKind;
using promql::Expr;

bool is_selector(const Expr& expr) {
  const Expr* at = &expr;
  while (auto* paren = std::get_if<promql::Paren>(&at->node)) at = paren->expr.get();
  return std::holds_alternative<promql::VectorSelector>(at->node);
}

bool is_invariant_call(const promql::Call& call) {
  bool reads_sample_time = call.function->name == "timestamp" && !call.arguments.empty() &&
                           is_selector(*call.arguments[0]);
  if (call.function->time_dependent && !reads_sample_time) return false;
  return std::all_of(call.arguments.begin(), call.arguments.end(),
                     [](const auto& argument) { return is_step_invariant(*argument); });
}

ReferenceTime own_time(const promql::TimeModifier& time) {
  if (time.at == AtKind::None) return {false, -time.offset.ms};
  return {true, time.at_ms - time.offset.ms};
}

}  // namespace

bool is_step_invariant(const Expr& expr) {
  return std::visit(
      base::overloaded{
          [](const promql::NumberLiteral&) { return true; },
          [](const promql::StringLiteral&) { return true; },
          [](const promql::VectorSelector& s) { return s.time.at != AtKind::None; },
          [](const promql::MatrixSelector& m) { return is_step_invariant(*m.selector); },
          [](const promql::Subquery& s) { return s.time.at != AtKind::None; },
          [](const promql::Call& c) { return is_invariant_call(c); },
          [](const promql::Aggregate& a) {
            return is_step_invariant(*a.expr) && (!a.param || is_step_invariant(*a.param));
          },
          [](const promql::Binary& b) {
            return is_step_invariant(*b.left) && is_step_invariant(*b.right);
          },
          [](const promql::Unary& u) { return is_step_invariant(*u.expr); },
          [](const promql::Paren& p) { return is_step_invariant(*p.expr); }},
      expr.node);
}

std::optional<ReferenceTime> reference_time(const Expr& expr) {
  using Time = std::optional<ReferenceTime>;
  return std::visit(
      base::overloaded{
          [](const promql::NumberLiteral&) -> Time { return std::nullopt; },
          [](const promql::StringLiteral&) -> Time { return std::nullopt; },
          [](const promql::VectorSelector& s) -> Time { return own_time(s.time); },
          [](const promql::MatrixSelector& m) -> Time { return reference_time(*m.selector); },
          [](const promql::Subquery& s) -> Time {
            Time inner = reference_time(*s.expr);
            if (!inner || inner->fixed) return inner;
            ReferenceTime outer = own_time(s.time);
            return ReferenceTime{outer.fixed, outer.time_ms + inner->time_ms};
          },
          [](const promql::Call& c) -> Time {
            for (const auto& argument : c.arguments) {
              if (Time time = reference_time(*argument)) return time;
            }
            return std::nullopt;
          },
          [](const promql::Aggregate& a) -> Time { return reference_time(*a.expr); },
          [](const promql::Binary& b) -> Time {
            Time left = reference_time(*b.left);
            return left ? left : reference_time(*b.right);
          },
          [](const promql::Unary& u) -> Time { return reference_time(*u.expr); },
          [](const promql::Paren& p) -> Time { return reference_time(*p.expr); }},
      expr.node);
}

}  // namespace gnomon::plan
