// Million samples per second and core of each rollup: series of 2 h at 15 s, 240 steps of 30 s; and
// of the aggregations, in nanoseconds per step.

#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "src/functions/accumulator.h"
#include "src/functions/lookback.h"
#include "src/functions/table.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::TimeGrid;

constexpr size_t kSamples = 480;
constexpr int64_t kInterval = 15'000;

struct Series {
  std::vector<int64_t> times;
  std::vector<double> values;
};

std::vector<Series> make_series(bool jitter, bool decimals) {
  std::mt19937_64 random(7);
  std::vector<Series> all(64);
  for (Series& series : all) {
    double v = 0;
    for (size_t i = 0; i < kSamples; ++i) {
      const auto wobble = jitter ? static_cast<int64_t>(random() % 20) - 10 : 0;
      v += static_cast<double>(random() % 1000) * (decimals ? 0.1 : 1);
      series.times.push_back(static_cast<int64_t>(i + 1) * kInterval + wobble);
      series.values.push_back(v);
    }
  }
  return all;
}

// Seconds of the fastest of some runs.
template <typename Run>
double fastest(Run run) {
  double best = 1e9;
  for (int i = 0; i < 7; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    for (int k = 0; k < 20; ++k) run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / 20);
  }
  return best;
}

void measure_rollups(const char* label, const std::vector<Series>& all, int64_t step_ms,
                     int64_t range_ms) {
  const TimeGrid grid{kInterval, static_cast<int64_t>(kSamples) * kInterval, step_ms};
  model::Annotations annotations;
  const std::vector<double> half(grid.steps(), 0.5);
  const std::span<const double> scalars[] = {half, half};
  RollupContext context;
  context.grid = context.eval_grid = grid;
  context.range_ms = range_ms;
  context.metric_name = "x_total";
  context.scalars = scalars;
  context.annotations = &annotations;
  Column out;
  std::printf("%s, step %lld s, range %lld s\n", label, static_cast<long long>(step_ms / 1000),
              static_cast<long long>(range_ms / 1000));
  for (const Function* function : all_functions()) {
    if (function->shape != Shape::Rollup) continue;
    const double seconds = fastest([&] {
      for (const Series& series : all) {
        out.reset(grid.steps());
        function->rollup({series.times, series.values, {}, {}}, context, out);
      }
    });
    const double points = static_cast<double>(all.size() * kSamples);
    const double steps = static_cast<double>(all.size() * grid.steps());
    std::printf("  %-30s %8.1f M samples/s %8.1f ns/step\n", std::string(function->name).c_str(),
                points / seconds / 1e6, seconds * 1e9 / steps);
  }
  const double seconds = fastest([&] {
    for (const Series& series : all) {
      instant_lookback(series.times, series.values, {}, grid, 300'000, out);
    }
  });
  std::printf("  %-30s %8.1f M samples/s %8.1f ns/step\n", "(instant selector)",
              static_cast<double>(all.size() * kSamples) / seconds / 1e6,
              seconds * 1e9 / static_cast<double>(all.size() * grid.steps()));
}

void measure_aggregations() {
  constexpr size_t kSteps = 240, kColumns = 1000;
  std::mt19937_64 random(7);
  std::vector<Column> columns(kColumns);
  for (Column& column : columns) {
    column.reset(kSteps);
    for (double& v : column.values) v = static_cast<double>(random() % 100'000) / 10;
  }
  const char* names[] = {"sum", "avg", "count", "group", "min", "max", "stddev", "stdvar"};
  std::printf("aggregations of %zu columns of %zu steps\n", kColumns, kSteps);
  for (size_t kind = 0; kind < 8; ++kind) {
    const double seconds = fastest([&] {
      Accumulator accumulator(static_cast<AggregateKind>(kind), kSteps);
      for (const Column& column : columns) accumulator.add(column);
      Column out;
      accumulator.finish(out);
    });
    std::printf("  %-30s %8.2f ns/step\n", names[kind],
                seconds * 1e9 / static_cast<double>(kColumns * kSteps));
  }
}

}  // namespace
}  // namespace gnomon::functions

int main() {
  using namespace gnomon::functions;
  const auto regular = make_series(false, false);
  const auto jitter = make_series(true, true);
  measure_rollups("regular, integers", regular, 30'000, 300'000);
  measure_rollups("jitter, decimals", jitter, 30'000, 300'000);
  measure_rollups("jitter, decimals", jitter, 60'000, 3'600'000);
  measure_aggregations();
}
