#include <algorithm>
#include <optional>

#include "src/plan/optimize.h"

namespace gnomon::plan {

namespace {

using storage::Capabilities;
using storage::Reduction;

// The newest sample before each step is all an instant selector looks at. Smoothing needs the next
// one as well, and counter resets of histograms all of them.
std::optional<Reduction> reduction_of(const Instant& instant, const Capabilities& store) {
  if (!store.last_per_step || instant.smoothed || instant.histogram_stats) return std::nullopt;
  return storage::LastPerStep{instant.sample_grid};
}

bool computes(const Capabilities& store, const Rollup& rollup) {
  return rollup.scalars.empty() && std::find(store.rollups.begin(), store.rollups.end(),
                                             rollup.function->name) != store.rollups.end();
}

std::optional<Reduction> reduction_of(const Rollup& rollup, const Capabilities& store) {
  const bool plain = rollup.modifier == functions::RangeModifier::None && !rollup.pinned &&
                     !rollup.histogram_stats;
  if (!plain) return std::nullopt;
  if (computes(store, rollup)) {
    return storage::Rollup{std::string(rollup.function->name), rollup.sample_grid, rollup.range_ms};
  }
  // With windows that touch there is nothing between them.
  const bool gaps = rollup.sample_grid.steps() > 1 && rollup.range_ms < rollup.sample_grid.step_ms;
  if (store.windows && gaps) return storage::Windows{rollup.sample_grid, rollup.range_ms};
  return std::nullopt;
}

}  // namespace

Plan push_down(const Plan& plan, const Capabilities& store) {
  Plan out;
  std::vector<NodeId> renumber(plan.nodes.size());
  // A scan of its own for each consumer that reduces it; equal ones were shared before.
  const auto reduce = [&](auto& consumer) {
    const auto* scan = std::get_if<Scan>(&out.nodes[consumer.source].op);
    if (scan == nullptr) return;
    const auto reduction = reduction_of(consumer, store);
    if (!reduction) return;
    Node reduced = out.nodes[consumer.source];
    std::get<Scan>(reduced.op).fragment.reduction = *reduction;
    consumer.source = static_cast<NodeId>(out.nodes.size());
    out.nodes.push_back(std::move(reduced));
  };
  for (NodeId id = 0; id < plan.nodes.size(); ++id) {
    Node node = plan.nodes[id];
    renumber_inputs(node, renumber);
    if (auto* instant = std::get_if<Instant>(&node.op)) reduce(*instant);
    if (auto* rollup = std::get_if<Rollup>(&node.op)) reduce(*rollup);
    renumber[id] = static_cast<NodeId>(out.nodes.size());
    out.nodes.push_back(std::move(node));
  }
  return without_orphans(out);
}

}  // namespace gnomon::plan
