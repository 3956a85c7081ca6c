#include <cstdio>

#include "src/engine/engine.h"
#include "src/engine/gate.h"
#include "src/exec/collect.h"
#include "src/exec/samples.h"

namespace gnomon::engine {

namespace {

std::string usage_text(const exec::OperatorUsage& usage) {
  char text[96];
  std::snprintf(text, sizeof(text), "  series=%llu points=%llu time=%.3fms",
                static_cast<unsigned long long>(usage.series),
                static_cast<unsigned long long>(usage.points), usage.seconds * 1e3);
  return text;
}

}  // namespace

Result<Explanation> Engine::explain(const QueryRequest& request, bool analyze,
                                    std::stop_token stop) const {
  const base::Deadline deadline(std::move(stop), timeout(request));
  auto context = this->context(request, deadline);
  context.measure = analyze;
  TRY(auto plan, prepare(request));
  exec::Lowered lowered;
  const auto start = std::chrono::steady_clock::now();
  if (analyze) {
    TRY(auto pass, gate_->enter(deadline));
    lowered = exec::lower(plan, context);
    const auto value = exec::collect(plan, lowered, context);
    if (!value.ok()) return in_words_of_queries(context, value.error());
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  auto note = [&](plan::NodeId id) {
    bool has_operator = id < lowered.of_node.size() && lowered.of_node[id] != nullptr;
    return has_operator ? usage_text(lowered.of_node[id]->usage()) : std::string();
  };
  Explanation explanation;
  explanation.text = plan::to_string(plan, note);
  for (const auto& node : plan.nodes) {
    auto* scan = std::get_if<plan::Scan>(&node.op);
    if (!scan) continue;
    const auto how = exec::describe_scan(context, scan->fragment);
    if (!how.ok()) return in_words_of_queries(context, how.error());
    if (!how->empty()) explanation.text += "\n" + plan::to_string(node) + "\n" + *how + "\n";
  }
  if (analyze) {
    char total[96];
    std::snprintf(total, sizeof(total), "\nsamples read %llu, peak %llu, total %.3fms\n",
                  static_cast<unsigned long long>(context.budget.read()),
                  static_cast<unsigned long long>(context.budget.peak()), elapsed.count() * 1e3);
    explanation.text += total;
  }
  return explanation;
}

}  // namespace gnomon::engine
