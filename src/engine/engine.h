#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/limits.h"
#include "src/base/result.h"
#include "src/model/annotations.h"
#include "src/model/time_grid.h"
#include "src/model/value.h"
#include "src/promql/ast.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::base {
class Deadline;
class WorkerPool;
}  // namespace gnomon::base

namespace gnomon::exec {
struct Context;
}

namespace gnomon::plan {
struct Plan;
}

namespace gnomon::engine {

class Gate;

struct EngineOptions {
  promql::Features features;
  int64_t lookback_ms = base::kLookbackMs;
  int64_t timeout_ms = base::kQueryTimeoutMs;
  uint64_t max_samples = base::kQuerySamplesMax;
  size_t max_concurrency = base::kQueryConcurrencyMax;
  int64_t default_subquery_step_ms = base::kSubqueryStepMs;
  // Off: stores deliver samples and compute nothing.
  bool push_down = true;
};

// Whether to count the samples that an answer is made of. Seen: those that the store delivers,
// which are fewer where it computes with them itself. Exact: it computes nothing.
enum class SampleCount : uint8_t { None, Seen, Exact };

struct QueryRequest {
  std::string text;
  model::TimeGrid grid;
  bool instant = false;
  std::optional<int64_t> lookback_ms;  // overrides the engine's
  std::optional<int64_t> timeout_ms;   // capped by the engine's
  SampleCount count = SampleCount::None;
};

struct QueryStatistics {
  double queue_seconds = 0, prepare_seconds = 0, eval_seconds = 0, sort_seconds = 0;
  // totalQueryableSamples and, by steps, what makes it up; only when counted.
  uint64_t samples_total = 0;
  std::vector<uint64_t> samples_at_step;
  uint64_t samples_read = 0;
  uint64_t samples_peak = 0;
};

struct QueryAnswer {
  model::Value value;
  model::Annotations annotations;
  QueryStatistics statistics;
};

struct Explanation {
  std::string text;  // the plan as an indented tree; with analyze: rows, bytes and time per line
};

// Runs queries over one store. Any thread; a query waits while max_concurrency others run.
class Engine {
 public:
  Engine(storage::MetricStore& store, base::WorkerPool& workers, EngineOptions options);
  ~Engine();

  // Ends soon after `stop` fires or the timeout is over. Errors: BadData (parse), Execution,
  // Timeout, Canceled, Internal.
  Result<QueryAnswer> run(const QueryRequest& request, std::stop_token stop) const;
  Result<Explanation> explain(const QueryRequest& request, bool analyze,
                              std::stop_token stop) const;
  const EngineOptions& options() const { return options_; }
  storage::MetricStore& store() const { return store_; }

 private:
  std::chrono::milliseconds timeout(const QueryRequest& request) const;
  exec::Context context(const QueryRequest& request, const base::Deadline& deadline) const;
  // A store that was stopped says so in its own words, and does not know why it was.
  static Error in_words_of_queries(const exec::Context& context, Error error);
  // What run() and explain() have in common, and all that is PromQL's own here: parse and check,
  // resolve, to_plan; then optimize for the store.
  Result<plan::Plan> prepare(const QueryRequest& request) const;

  storage::MetricStore& store_;
  base::WorkerPool& workers_;
  EngineOptions options_;
  std::unique_ptr<Gate> gate_;
};

}  // namespace gnomon::engine
