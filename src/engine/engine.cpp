#include "src/engine/engine.h"

#include <algorithm>
#include <cstdio>

#include "src/engine/gate.h"
#include "src/exec/collect.h"
#include "src/exec/samples.h"
#include "src/plan/build.h"
#include "src/plan/optimize.h"
#include "src/promql/parser.h"
#include "src/promql/resolve.h"

namespace gnomon::engine {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A range query yields points on a grid: it has no place for strings and raw samples.
Result<void> check_result_type(const promql::Expr& expr, bool instant) {
  using functions::ValueType;
  if (instant || expr.type == ValueType::Scalar || expr.type == ValueType::InstantVector) return {};
  return Error{ErrorKind::BadData, "invalid expression type \"" +
                                       std::string(functions::type_description(expr.type)) +
                                       "\" for range query, must be Scalar or instant Vector"};
}

// What may be left to the store: its functions know nothing of start timestamps.
storage::Capabilities usable(const storage::Capabilities& store, const EngineOptions& options,
                             SampleCount count) {
  if (!options.push_down) return {};
  storage::Capabilities usable = store;
  bool samples_wanted = options.features.use_start_timestamps || count == SampleCount::Exact;
  if (samples_wanted) usable.rollups.clear();
  return usable;
}

// A subquery may have any number of steps, and each operator in it holds a column of them.
Result<void> check_steps(const plan::Plan& plan, uint64_t max_samples) {
  uint64_t points = 0;
  for (const auto& node : plan.nodes) {
    const bool has_column = !std::holds_alternative<plan::Scan>(node.op) &&
                            !std::holds_alternative<plan::Subquery>(node.op);
    const uint64_t steps = node.grid.steps();
    if (!has_column || steps <= static_cast<uint64_t>(base::kPointsPerSeriesMax)) continue;
    points += steps;
    if (points > max_samples) return exec::too_many_samples(max_samples);
  }
  return {};
}

// parse -> resolve -> build -> optimize
Result<plan::Plan> make_plan(const QueryRequest& request, const EngineOptions& options,
                             const storage::Capabilities& capabilities) {
  TRY(auto expr, promql::parse(request.text, options.features));
  TRY_VOID(promql::resolve(*expr, request.grid, request.instant));
  TRY_VOID(check_result_type(*expr, request.instant));
  plan::BuildOptions build{request.lookback_ms.value_or(options.lookback_ms),
                           options.default_subquery_step_ms};
  TRY(auto plan, plan::build(*expr, request.grid, build));
  plan = plan::optimize(std::move(plan), usable(capabilities, options, request.count));
  TRY_VOID(check_steps(plan, options.max_samples));
  return plan;
}

std::string usage_text(const exec::OperatorUsage& usage) {
  char text[96];
  std::snprintf(text, sizeof(text), "  series=%llu points=%llu time=%.3fms",
                static_cast<unsigned long long>(usage.series),
                static_cast<unsigned long long>(usage.points), usage.seconds * 1e3);
  return text;
}

}  // namespace

Engine::Engine(storage::MetricStore& store, base::WorkerPool& workers, EngineOptions options)
    : store_(store),
      workers_(workers),
      options_(std::move(options)),
      gate_(std::make_unique<Gate>(options_.max_concurrency)) {}

Engine::~Engine() = default;

exec::Context Engine::context(const QueryRequest& request, std::stop_token stop) const {
  int64_t timeout = std::min(request.timeout_ms.value_or(options_.timeout_ms), options_.timeout_ms);
  return exec::Context{.store = store_,
                       .workers = workers_,
                       .stop = std::move(stop),
                       .deadline = Clock::now() + std::chrono::milliseconds(timeout),
                       .budget = exec::Budget(options_.max_samples),
                       .delayed_name_removal = options_.features.delayed_name_removal,
                       .use_start_timestamps = options_.features.use_start_timestamps,
                       .type_and_unit_labels = options_.features.type_and_unit_labels,
                       .instant = request.instant};
}

Result<QueryAnswer> Engine::run(const QueryRequest& request, std::stop_token stop) const {
  auto start = Clock::now();
  auto context = this->context(request, std::move(stop));
  TRY(auto plan, make_plan(request, options_, store_.capabilities()));
  QueryAnswer answer;
  answer.statistics.prepare_seconds = seconds_since(start);
  TRY(auto pass, gate_->enter(context.stop, context.deadline));
  answer.statistics.queue_seconds = seconds_since(start) - answer.statistics.prepare_seconds;
  start = Clock::now();
  if (request.count != SampleCount::None) context.samples_at_step.resize(request.grid.steps());
  auto lowered = exec::lower(plan, context);
  TRY(answer.value, exec::collect(plan, lowered, context));
  answer.statistics.eval_seconds = seconds_since(start);
  answer.statistics.samples_read = context.budget.read();
  answer.statistics.samples_at_step = std::move(context.samples_at_step);
  for (uint64_t seen : answer.statistics.samples_at_step) answer.statistics.samples_total += seen;
  answer.statistics.samples_peak = context.budget.peak();
  answer.annotations = std::move(context.annotations);
  return answer;
}

Result<Explanation> Engine::explain(const QueryRequest& request, bool analyze,
                                    std::stop_token stop) const {
  auto context = this->context(request, std::move(stop));
  context.measure = analyze;
  TRY(auto plan, make_plan(request, options_, store_.capabilities()));
  exec::Lowered lowered;
  auto start = Clock::now();
  if (analyze) {
    TRY(auto pass, gate_->enter(context.stop, context.deadline));
    lowered = exec::lower(plan, context);
    TRY(auto value, exec::collect(plan, lowered, context));
    (void)value;
  }
  double seconds = seconds_since(start);
  auto note = [&](plan::NodeId id) {
    bool has_operator = id < lowered.of_node.size() && lowered.of_node[id] != nullptr;
    return has_operator ? usage_text(lowered.of_node[id]->usage()) : std::string();
  };
  Explanation explanation;
  explanation.text = plan::to_string(plan, note);
  for (const auto& node : plan.nodes) {
    auto* scan = std::get_if<plan::Scan>(&node.op);
    if (!scan) continue;
    TRY(auto how, exec::describe_scan(context, scan->fragment));
    if (!how.empty()) explanation.text += "\n" + plan::to_string(node) + "\n" + how + "\n";
  }
  if (analyze) {
    char total[96];
    std::snprintf(total, sizeof(total), "\nsamples read %llu, peak %llu, total %.3fms\n",
                  static_cast<unsigned long long>(context.budget.read()),
                  static_cast<unsigned long long>(context.budget.peak()), seconds * 1e3);
    explanation.text += total;
  }
  return explanation;
}

}  // namespace gnomon::engine
