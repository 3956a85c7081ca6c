#include "src/engine/engine.h"

#include <algorithm>

#include "src/engine/gate.h"
#include "src/exec/collect.h"
#include "src/exec/samples.h"
#include "src/plan/optimize.h"
#include "src/promql/parser.h"
#include "src/promql/resolve.h"
#include "src/promql/to_plan.h"

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

// What the query used and remarked upon.
void add_usage(exec::Context& context, QueryAnswer& answer) {
  QueryStatistics& statistics = answer.statistics;
  statistics.samples_read = context.budget.read();
  statistics.samples_at_step = std::move(context.samples_at_step);
  for (uint64_t seen : statistics.samples_at_step) statistics.samples_total += seen;
  statistics.samples_peak = context.budget.peak();
  answer.annotations = std::move(context.annotations);
}

}  // namespace

Engine::Engine(storage::MetricStore& store, base::WorkerPool& workers, EngineOptions options)
    : store_(store),
      workers_(workers),
      options_(std::move(options)),
      gate_(std::make_unique<Gate>(options_.max_concurrency)) {}

Engine::~Engine() = default;

std::chrono::milliseconds Engine::timeout(const QueryRequest& request) const {
  return std::chrono::milliseconds(
      std::min(request.timeout_ms.value_or(options_.timeout_ms), options_.timeout_ms));
}

exec::Context Engine::context(const QueryRequest& request, const base::Deadline& deadline) const {
  return exec::Context{.store = store_,
                       .workers = workers_,
                       .deadline = deadline,
                       .stop = deadline.token(),
                       .budget = exec::Budget(options_.max_samples),
                       .delayed_name_removal = options_.features.delayed_name_removal,
                       .use_start_timestamps = options_.features.use_start_timestamps,
                       .type_and_unit_labels = options_.features.type_and_unit_labels,
                       .instant = request.instant};
}

Error Engine::in_words_of_queries(const exec::Context& context, Error error) {
  auto stopped = error.kind == ErrorKind::Canceled ? context.check() : Result<void>();
  return stopped.ok() ? std::move(error) : std::move(stopped).error();
}

Result<plan::Plan> Engine::prepare(const QueryRequest& request) const {
  TRY(auto expr, promql::parse(request.text, options_.features));
  TRY_VOID(promql::resolve(*expr, request.grid, request.instant));
  TRY_VOID(check_result_type(*expr, request.instant));
  const promql::PlanOptions options{request.lookback_ms.value_or(options_.lookback_ms),
                                    options_.default_subquery_step_ms};
  TRY(auto plan, promql::to_plan(*expr, request.grid, options));
  plan = plan::optimize(std::move(plan), usable(store_.capabilities(), options_, request.count));
  TRY_VOID(check_steps(plan, options_.max_samples));
  return plan;
}

Result<QueryAnswer> Engine::run(const QueryRequest& request, std::stop_token stop) const {
  auto start = Clock::now();
  const base::Deadline deadline(std::move(stop), timeout(request));
  auto context = this->context(request, deadline);
  TRY(auto plan, prepare(request));
  QueryAnswer answer;
  answer.statistics.prepare_seconds = seconds_since(start);
  TRY(auto pass, gate_->enter(deadline));
  answer.statistics.queue_seconds = seconds_since(start) - answer.statistics.prepare_seconds;
  start = Clock::now();
  if (request.count != SampleCount::None) context.samples_at_step.resize(request.grid.steps());
  auto lowered = exec::lower(plan, context);
  auto value = exec::collect(plan, lowered, context);
  if (!value.ok()) return in_words_of_queries(context, std::move(value).error());
  answer.value = std::move(value).value();
  answer.statistics.eval_seconds = seconds_since(start);
  add_usage(context, answer);
  return answer;
}

}  // namespace gnomon::engine
