#include "src/plan/plan.h"

namespace gnomon::plan {

std::vector<NodeId> inputs(const Node& node) {
  std::vector<NodeId> ids;
  const auto take = [&](Input& input) { ids.push_back(input); };
  // The node is only read; for_each_input() is for both uses.
  std::visit([&](auto& op) { for_each_input(op, take); }, const_cast<Node&>(node).op);
  return ids;
}

void renumber_inputs(Node& node, const std::vector<NodeId>& renumber) {
  const auto replace = [&](Input& input) { input = renumber[input]; };
  std::visit([&](auto& op) { for_each_input(op, replace); }, node.op);
}

Plan without_orphans(const Plan& plan) {
  std::vector<bool> used(plan.nodes.size(), false);
  used.back() = true;
  for (size_t i = plan.nodes.size(); i-- > 0;) {
    if (!used[i]) continue;
    for (NodeId id : inputs(plan.nodes[i])) used[id] = true;
  }
  Plan out;
  std::vector<NodeId> renumber(plan.nodes.size(), 0);
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    if (!used[i]) continue;
    renumber[i] = static_cast<NodeId>(out.nodes.size());
    out.nodes.push_back(plan.nodes[i]);
    renumber_inputs(out.nodes.back(), renumber);
  }
  return out;
}

}  // namespace gnomon::plan
