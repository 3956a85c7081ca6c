#include "tests/conformance/pin.h"

#include "src/promql/parser.h"
#include "src/promql/printer.h"
#include "src/promql/walk.h"

namespace gnomon::conformance {
namespace {

bool pin_time(promql::TimeModifier& time, int64_t time_ms) {
  if (time.at == promql::AtKind::None) {
    time.at = promql::AtKind::Timestamp;
    time.at_ms = time_ms;
  }
  return time.at == promql::AtKind::Timestamp;
}

// A subquery's inner times come from its own grid: only the subquery itself is pinned, and a
// function of time inside it stays one of the pinned grid.
bool pin(promql::Expr& expr, int64_t time_ms) {
  if (auto* selector = std::get_if<promql::VectorSelector>(&expr.node)) {
    return pin_time(selector->time, time_ms);
  }
  if (auto* subquery = std::get_if<promql::Subquery>(&expr.node)) {
    return pin_time(subquery->time, time_ms);
  }
  if (const auto* call = std::get_if<promql::Call>(&expr.node)) {
    if (call->function->time_dependent) return false;
  }
  bool possible = true;
  promql::for_each_child(
      expr, [&](promql::ExprPtr& child) { possible = possible && pin(*child, time_ms); });
  return possible;
}

}  // namespace

std::optional<std::string> pinned(const std::string& expression, const promql::Features& features,
                                  int64_t time_ms) {
  auto parsed = promql::parse(expression, features);
  if (!parsed.ok() || !pin(**parsed, time_ms)) return std::nullopt;
  return promql::to_string(**parsed);
}

}  // namespace gnomon::conformance
