#include <map>
#include <string>

#include "src/plan/optimize.h"

namespace gnomon::plan {

namespace {

// The node without its positions: remarks on equal subtrees have equal texts, and an answer shows
// a text once, with its last position.
Node without_positions(Node node) {
  node.position = {};
  if (auto* rollup = std::get_if<Rollup>(&node.op)) {
    rollup->argument_positions.assign(rollup->argument_positions.size(), {});
    rollup->range_position = {};
  } else if (auto* histogram = std::get_if<HistogramQuantile>(&node.op)) {
    histogram->scalar_positions.assign(histogram->scalar_positions.size(), {});
    histogram->input_position = {};
  } else if (auto* aggregate = std::get_if<Aggregate>(&node.op)) {
    aggregate->param_position = {};
    aggregate->input_position = {};
  }
  return node;
}

}  // namespace

Plan share_common(const Plan& plan, const storage::Capabilities&) {
  Plan out = plan;
  std::vector<Node> seen;  // as far as done, references renumbered, positions off
  std::vector<NodeId> renumber(plan.nodes.size());
  std::multimap<std::string, NodeId> by_text;
  for (NodeId id = 0; id < plan.nodes.size(); ++id) {
    renumber_inputs(out.nodes[id], renumber);
    seen.push_back(without_positions(out.nodes[id]));
    renumber[id] = id;
    std::string text = to_string(out.nodes[id]);
    auto [begin, end] = by_text.equal_range(text);
    for (auto at = begin; at != end && renumber[id] == id; ++at) {
      if (seen[at->second] == seen[id]) renumber[id] = at->second;
    }
    if (renumber[id] == id) {
      by_text.emplace(std::move(text), id);
    } else {
      out.nodes[renumber[id]] = out.nodes[id];
    }
  }
  return without_orphans(out);
}

}  // namespace gnomon::plan
