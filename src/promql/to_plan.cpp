#include "src/promql/to_plan.h"

#include <algorithm>

#include "src/base/overloaded.h"
#include "src/promql/invariant.h"
#include "src/promql/planner.h"

namespace gnomon::promql {

namespace {

std::vector<std::string> sorted_unique(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

const Expr& without_parens(const Expr& expr) {
  const Expr* at = &expr;
  while (auto* paren = std::get_if<Paren>(&at->node)) at = paren->expr.get();
  return *at;
}

PositionRange remark_position(const Expr& argument) {
  const Expr& expr = without_parens(argument);
  return std::holds_alternative<Subquery>(expr.node) ? PositionRange{} : expr.position;
}

Result<plan::Plan> Planner::take() {
  if (error_) return std::move(*error_);
  return std::move(plan_);
}

plan::NodeId Planner::expression(const Expr& expr, const TimeGrid& grid) {
  bool literal = std::holds_alternative<NumberLiteral>(expr.node) ||
                 std::holds_alternative<StringLiteral>(expr.node);
  if (grid.steps() > 1 && !literal && is_step_invariant(expr)) {
    NodeId once = here(expr, TimeGrid::instant(grid.start_ms));
    return add(plan::Repeat{once}, expr, grid);
  }
  return here(expr, grid);
}

plan::NodeId Planner::here(const Expr& expr, const TimeGrid& grid) {
  return std::visit(
      base::overloaded{
          [&](const NumberLiteral& n) { return add(plan::Number{n.value}, expr, grid); },
          [&](const StringLiteral& s) { return add(plan::Text{s.value}, expr, grid); },
          [&](const VectorSelector& s) { return instant(s, expr, grid, plan::Reading::Value); },
          [&](const MatrixSelector&) { return source(expr, grid).node; },
          [&](const Subquery&) { return source(expr, grid).node; },
          [&](const Call& c) { return call(c, expr, grid); },
          [&](const Aggregate& a) { return aggregate(a, expr, grid); },
          [&](const Binary& b) { return binary(b, expr, grid); },
          [&](const Unary& u) {
            NodeId input = expression(*u.expr, grid);
            if (u.op == BinaryOp::Add) return input;
            return add(plan::Negate{input}, expr, grid);
          },
          [&](const Paren& p) { return expression(*p.expr, grid); }},
      expr.node);
}

plan::NodeId Planner::aggregate(const Aggregate& aggregate, const Expr& expr,
                                const TimeGrid& grid) {
  plan::Aggregate node;
  node.op = aggregate.op;
  node.input_position = remark_position(*aggregate.expr);
  if (aggregate.param) {
    node.param_position = remark_position(*aggregate.param);
    const Expr& param = without_parens(*aggregate.param);
    if (auto* label = std::get_if<StringLiteral>(&param.node)) {
      node.label = label->value;
    } else {
      node.param = expression(*aggregate.param, grid);
    }
  }
  node.input = expression(*aggregate.expr, grid);
  node.grouping = sorted_unique(aggregate.grouping);
  node.without = aggregate.without;
  return add(std::move(node), expr, grid);
}

plan::NodeId Planner::binary(const Binary& binary, const Expr& expr, const TimeGrid& grid) {
  plan::Binary node;
  node.op = binary.op;
  node.return_bool = binary.return_bool;
  UseScope use(histograms_, {});
  node.left = expression(*binary.left, grid);
  node.right = expression(*binary.right, grid);
  bool vectors = binary.left->type == ValueType::InstantVector &&
                 binary.right->type == ValueType::InstantVector;
  if (vectors && binary.matching) {
    const auto& m = *binary.matching;
    node.matching =
        plan::Matching{m.card, m.on, sorted_unique(m.labels), m.include, m.fill_left, m.fill_right};
  } else if (vectors) {
    node.matching = plan::Matching{};
  }
  return add(std::move(node), expr, grid);
}

Result<plan::Plan> to_plan(const Expr& expr, const model::TimeGrid& grid,
                           const PlanOptions& options) {
  Planner planner(options);
  if (expr.type == ValueType::RangeVector) {
    planner.raw_samples(expr, grid);
  } else {
    planner.expression(expr, grid);
  }
  return planner.take();
}

}  // namespace gnomon::promql
