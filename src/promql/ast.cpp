#include "src/promql/ast.h"

#include "src/promql/walk.h"

namespace gnomon::promql {

namespace {

DurationExprPtr clone(const DurationExprPtr& from) {
  if (!from) return nullptr;
  auto to = std::make_unique<DurationExpr>();
  to->kind = from->kind;
  to->seconds = from->seconds;
  to->literal_is_duration = from->literal_is_duration;
  to->op = from->op;
  to->wrapped = from->wrapped;
  to->left = clone(from->left);
  to->right = clone(from->right);
  to->position = from->position;
  return to;
}

Duration clone(const Duration& from) { return {from.ms, clone(from.expr)}; }

TimeModifier clone(const TimeModifier& from) { return {clone(from.offset), from.at, from.at_ms}; }

ExprPtr clone(const ExprPtr& from) { return from ? clone(*from) : nullptr; }

}  // namespace

ExprPtr clone(const Expr& from) {
  auto to = std::make_unique<Expr>();
  to->position = from.position;
  to->type = from.type;
  std::visit(base::overloaded{
                 [&](const NumberLiteral& node) { to->node = node; },
                 [&](const StringLiteral& node) { to->node = node; },
                 [&](const VectorSelector& node) {
                   to->node = VectorSelector{node.name, node.matchers, clone(node.time),
                                             node.anchored, node.smoothed};
                 },
                 [&](const MatrixSelector& node) {
                   to->node = MatrixSelector{clone(node.selector), clone(node.range)};
                 },
                 [&](const Subquery& node) {
                   to->node = Subquery{clone(node.expr), clone(node.range), clone(node.step),
                                       clone(node.time)};
                 },
                 [&](const Call& node) {
                   Call call{node.function, {}};
                   for (const ExprPtr& argument : node.arguments)
                     call.arguments.push_back(clone(argument));
                   to->node = std::move(call);
                 },
                 [&](const Aggregate& node) {
                   to->node = Aggregate{node.op, clone(node.expr), clone(node.param), node.grouping,
                                        node.without};
                 },
                 [&](const Binary& node) {
                   to->node = Binary{node.op, clone(node.left), clone(node.right), node.matching,
                                     node.return_bool};
                 },
                 [&](const Unary& node) {
                   to->node = Unary{node.op, clone(node.expr)};
                 },
                 [&](const Paren& node) { to->node = Paren{clone(node.expr)}; },
             },
             from.node);
  return to;
}

std::vector<model::Matchers> selectors(const Expr& expr) {
  if (const auto* selector = std::get_if<VectorSelector>(&expr.node)) return {selector->matchers};
  std::vector<model::Matchers> all;
  // The tree is only read; for_each_child() is for both uses.
  for_each_child(const_cast<Expr&>(expr), [&](ExprPtr& child) {
    for (model::Matchers& matchers : selectors(*child)) all.push_back(std::move(matchers));
  });
  return all;
}

}  // namespace gnomon::promql
