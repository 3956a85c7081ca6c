#include "http/prometheus/selectors.h"

#include "src/base/overloaded.h"

namespace gnomon::prometheus {
namespace {

using namespace promql;  // NOLINT: every name below is one of the tree

void collect(const Expr& expr, std::vector<model::Matchers>& out);

void collect(const ExprPtr& expr, std::vector<model::Matchers>& out) {
  if (expr) collect(*expr, out);
}

void collect(const Expr& expr, std::vector<model::Matchers>& out) {
  std::visit(base::overloaded{
                 [](const NumberLiteral&) {},
                 [](const StringLiteral&) {},
                 [&](const VectorSelector& selector) { out.push_back(selector.matchers); },
                 [&](const MatrixSelector& selector) { collect(selector.selector, out); },
                 [&](const Subquery& subquery) { collect(subquery.expr, out); },
                 [&](const Call& call) {
                   for (const ExprPtr& argument : call.arguments) collect(argument, out);
                 },
                 [&](const Aggregate& aggregate) {
                   collect(aggregate.expr, out);
                   collect(aggregate.param, out);
                 },
                 [&](const Binary& binary) {
                   collect(binary.left, out);
                   collect(binary.right, out);
                 },
                 [&](const Unary& unary) { collect(unary.expr, out); },
                 [&](const Paren& paren) { collect(paren.expr, out); },
             },
             expr.node);
}

}  // namespace

std::vector<model::Matchers> selectors_of(const Expr& expr) {
  std::vector<model::Matchers> out;
  collect(expr, out);
  return out;
}

}  // namespace gnomon::prometheus
