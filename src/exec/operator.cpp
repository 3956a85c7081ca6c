#include "src/exec/operator.h"

#include <algorithm>

namespace gnomon::exec {

namespace {

// Adds the time between construction and destruction.
class Stopwatch {
 public:
  Stopwatch(bool on, double& seconds) : on_(on), seconds_(seconds) {
    if (on_) start_ = std::chrono::steady_clock::now();
  }
  ~Stopwatch() {
    if (!on_) return;
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  bool on_;
  double& seconds_;
  std::chrono::steady_clock::time_point start_;
};

uint64_t count_points(const model::Column& column) {
  uint64_t points = 0;
  for (double v : column.values) points += !model::is_stale(v);
  for (const auto& histogram : column.histograms) points += histogram != nullptr;
  return points;
}

}  // namespace

Result<std::span<const SeriesMeta>> Operator::series() {
  if (!opened_) {
    TRY_VOID(context_.check());
    Stopwatch watch(context_.measure, usage_.seconds);
    TRY(series_, open());
    opened_ = true;
    usage_.series = series_.size();
  }
  return std::span<const SeriesMeta>(series_);
}

Result<void> Operator::next(model::Column& column) {
  if (!context_.measure) return produce(column);
  Stopwatch watch(true, usage_.seconds);
  TRY_VOID(produce(column));
  usage_.points += count_points(column);
  return {};
}

Result<void> Materialized::fill(Operator& input) {
  TRY(auto metas, input.series());
  series.reserve(metas.size());
  columns.reserve(metas.size());
  model::Column column;
  for (const SeriesMeta& meta : metas) {
    TRY_VOID(input.next(column));
    if (column.empty()) continue;
    points_ += column.steps();
    TRY_VOID(context_.budget.take(column.steps()));
    series.push_back(meta);
    columns.push_back(std::move(column));
  }
  return {};
}

Result<std::vector<double>> scalar_values(Operator& input) {
  TRY(auto metas, input.series());
  (void)metas;
  model::Column column;
  TRY_VOID(input.next(column));
  return std::move(column.values);
}

Result<std::vector<SeriesMeta>> BlockingOperator::open() {
  TRY(Output output, compute());
  columns_ = std::move(output.columns);
  return std::move(output.series);
}

Result<void> BlockingOperator::produce(model::Column& column) {
  column = std::move(columns_[next_++]);
  return {};
}

}  // namespace gnomon::exec
