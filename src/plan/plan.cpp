#include "src/plan/plan.h"

#include "src/base/overloaded.h"

namespace gnomon::plan {

namespace {

// Calls visit(NodeId&) for each reference of the node, in order.
template <typename NodeRef, typename Visit>
void each_input(NodeRef& node, Visit visit) {
  auto all = [&](auto& ids) {
    for (auto& id : ids) visit(id);
  };
  std::visit(base::overloaded{
                 [](const Number&) {}, [](const Text&) {}, [](const Time&) {}, [](const Scan&) {},
                 [&](auto& n)
                   requires requires { n.source; n.sample_grid;
}
{
  visit(n.source);
  if constexpr (requires { n.scalars; }) all(n.scalars);
}
, [&](auto& n) requires requires {
  n.source;
  n.end_ms;
}
{ visit(n.source); }
, [&](auto& n) requires requires { n.arguments; }
{ all(n.arguments); }
, [&](auto& n) requires requires {
  n.left;
  n.right;
}
{
  visit(n.left);
  visit(n.right);
}
, [&](auto& n) requires requires { n.input; }
{
  visit(n.input);
  if constexpr (requires { n.scalars; }) all(n.scalars);
  if constexpr (requires { n.info; }) {
    visit(n.info);
    visit(n.info_times);
  }
  if constexpr (requires { *n.param; }) {
    if (n.param) visit(*n.param);
  }
}
}  // namespace
,
             node.op);
}  // namespace gnomon::plan

}  // namespace

std::vector<NodeId> inputs(const Node& node) {
  std::vector<NodeId> ids;
  each_input(node, [&](const NodeId& id) { ids.push_back(id); });
  return ids;
}

void renumber_inputs(Node& node, const std::vector<NodeId>& renumber) {
  each_input(node, [&](NodeId& id) { id = renumber[id]; });
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
