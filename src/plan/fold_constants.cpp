#include <optional>

#include "src/functions/float_operators.h"
#include "src/model/sample.h"
#include "src/plan/optimize.h"

namespace gnomon::plan {

namespace {

std::optional<double> constant(const Plan& plan, NodeId id) {
  if (auto* number = std::get_if<Number>(&plan.nodes[id].op)) return number->value;
  return std::nullopt;
}

// left op right for two scalars; nothing where that is an error when it is evaluated.
std::optional<double> scalar_binary(functions::BinaryOp op, double left, double right) {
  if (functions::is_trim(op)) return std::nullopt;
  return functions::with_float_operator(
      op, [&](auto number) -> double { return number(left, right); },
      [&](auto holds) -> double { return holds(left, right) ? 1 : 0; }, [] { return model::kNaN; });
}

std::optional<double> folded(const Plan& plan, const Node& node) {
  if (node.type != functions::ValueType::Scalar) return std::nullopt;
  if (auto* negate = std::get_if<Negate>(&node.op)) {
    auto value = constant(plan, negate->input);
    if (value) return -*value;
  }
  if (auto* repeat = std::get_if<Repeat>(&node.op)) return constant(plan, repeat->input);
  if (auto* binary = std::get_if<Binary>(&node.op)) {
    auto left = constant(plan, binary->left);
    auto right = constant(plan, binary->right);
    if (left && right) return scalar_binary(binary->op, *left, *right);
  }
  return std::nullopt;
}

}  // namespace

Plan fold_constants(const Plan& plan, const storage::Capabilities&) {
  Plan out = plan;
  for (Node& node : out.nodes) {
    if (auto value = folded(out, node)) node.op = Number{*value};
  }
  return without_orphans(out);
}

}  // namespace gnomon::plan
