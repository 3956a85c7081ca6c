#pragma once

#include <vector>

#include "src/base/overloaded.h"
#include "src/promql/ast.h"

namespace gnomon::promql {

// Calls visit(ExprPtr&) for each direct child, left to right as written (param before expr).
// Null children (of trees not yet complete) are passed over.
template <typename Visit>
void for_each_child(Expr& expr, Visit visit) {
  const auto each = [&](ExprPtr& child) {
    if (child) visit(child);
  };
  std::visit(base::overloaded{
                 [&](NumberLiteral&) {},
                 [&](StringLiteral&) {},
                 [&](VectorSelector&) {},
                 [&](MatrixSelector& node) { each(node.selector); },
                 [&](Subquery& node) { each(node.expr); },
                 [&](Call& node) {
                   for (ExprPtr& argument : node.arguments) each(argument);
                 },
                 [&](Aggregate& node) {
                   each(node.param);
                   each(node.expr);
                 },
                 [&](Binary& node) {
                   each(node.left);
                   each(node.right);
                 },
                 [&](Unary& node) { each(node.expr); },
                 [&](Paren& node) { each(node.expr); },
             },
             expr.node);
}

// The matchers of every vector selector of the tree, in the order of the text.
std::vector<model::Matchers> selectors(const Expr& expr);

}  // namespace gnomon::promql
