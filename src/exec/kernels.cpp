#include <algorithm>

#include "src/exec/samples.h"
#include "src/functions/histogram_ops.h"
#include "src/functions/lookback.h"
#include "src/functions/remarks.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::exec {

namespace {

// Range vectors do not see stale markers.
void remove_stale(model::SampleBlock& block) {
  auto stale = [](const model::HistogramSample& s) { return model::is_stale(s.histogram->sum); };
  std::erase_if(block.histograms, stale);
  storage::filter_floats(block, [&](size_t i) { return !model::is_stale(block.values[i]); });
}

// Leaves count, sum and schema of each histogram, and a hint that says whether a counter was reset
// since the one before.
void keep_histogram_stats(model::SampleBlock& block) {
  model::HistogramPtr before;
  for (auto& sample : block.histograms) {
    const model::Histogram& full = *sample.histogram;
    if (model::is_stale(full.sum)) continue;
    auto stats = std::make_shared<model::Histogram>();
    stats->schema = full.schema;
    stats->count = full.count;
    stats->sum = full.sum;
    stats->hint = full.hint;
    if (full.hint == model::CounterResetHint::Unknown && before) {
      stats->hint = functions::detect_reset(full, *before) ? model::CounterResetHint::Reset
                                                           : model::CounterResetHint::NotReset;
    }
    before = std::move(sample.histogram);
    sample.histogram = std::move(stats);
  }
}

// One sample for each float, and what each histogram weighs.
void count_points(const model::Column& column, std::span<uint64_t> at_step) {
  for (size_t step = 0; step < column.steps(); ++step) {
    if (column.has_histogram(step)) {
      at_step[step] += model::sample_cost(*column.histograms[step]);
    } else if (column.has_float(step)) {
      ++at_step[step];
    }
  }
}

// What lies in the window of each step; the windows move on.
template <typename Samples, typename TimeOf, typename WeightOf>
void count_windows(const Samples& samples, const model::TimeGrid& grid, int64_t range_ms,
                   TimeOf time_of, WeightOf weight_of, std::span<uint64_t> at_step) {
  size_t begin = 0, end = 0;
  uint64_t weight = 0;
  for (size_t step = 0; step < at_step.size(); ++step) {
    const int64_t to_ms = grid.at(step);
    while (end < samples.size() && time_of(samples[end]) <= to_ms) {
      weight += weight_of(samples[end++]);
    }
    while (begin < end && time_of(samples[begin]) <= to_ms - range_ms) {
      weight -= weight_of(samples[begin++]);
    }
    at_step[step] += weight;
  }
}

class InstantKernel final : public SampleKernel {
 public:
  InstantKernel(const plan::Instant& instant, model::PositionRange position)
      : instant_(instant), position_(position) {}

  Result<void> run(const SeriesMeta& series, model::SampleBlock& block,
                   model::Annotations& annotations, model::Column& column) const override {
    const auto& grid = instant_.sample_grid;
    int64_t lookback = instant_.lookback_ms;
    if (instant_.histogram_stats) keep_histogram_stats(block);
    if (instant_.smoothed && instant_.reading == plan::Reading::Value) {
      remove_stale(block);
      functions::SmoothContext call{grid, lookback, series.labels.get(model::kMetricName),
                                    position_, &annotations};
      functions::instant_smoothed(block.times, block.values, block.histograms, call, column);
      return {};
    }
    switch (instant_.reading) {
      case plan::Reading::Value:
        functions::instant_lookback(block.times, block.values, block.histograms, grid, lookback,
                                    column);
        return {};
      case plan::Reading::Timestamp:
        functions::instant_lookback_time(block.times, block.values, block.histograms, grid,
                                         lookback, column);
        return {};
      case plan::Reading::StartTimestamp:
        functions::instant_lookback_start(block.times, block.values, block.starts, block.histograms,
                                          grid, lookback, column);
        return {};
    }
    return {};
  }

  void count_seen(const model::SampleBlock&, const model::Column& column,
                  std::span<uint64_t> at_step) const override {
    count_points(column, at_step);
  }

 private:
  plan::Instant instant_;
  model::PositionRange position_;
};

class RollupKernel final : public SampleKernel {
 public:
  RollupKernel(const Context& context, const plan::Rollup& rollup, const model::TimeGrid& grid,
               std::vector<std::vector<double>> scalars)
      : context_(context), rollup_(rollup), grid_(grid), scalars_(std::move(scalars)) {
    scalar_spans_.assign(scalars_.begin(), scalars_.end());
  }

  Result<void> run(const SeriesMeta& series, model::SampleBlock& block,
                   model::Annotations& annotations, model::Column& column) const override {
    remove_stale(block);
    if (rollup_.histogram_stats) keep_histogram_stats(block);
    column.reset(grid_.steps());
    if (block.empty()) return {};
    TRY_VOID(check_arguments(block));
    functions::RollupInput input{block.times, block.values, block.starts, block.histograms};
    functions::RollupContext call;
    call.grid = rollup_.sample_grid;
    call.eval_grid = grid_;
    call.range_ms = rollup_.range_ms;
    call.lookback_ms = rollup_.lookback_ms;
    call.modifier = rollup_.modifier;
    call.use_start_timestamps = context_.use_start_timestamps;
    call.scalars = scalar_spans_;
    call.metric_name = series.labels.get(model::kMetricName);
    call.type_and_unit_labels = context_.type_and_unit_labels;
    if (call.type_and_unit_labels) call.type_label = series.labels.get(model::kTypeLabel);
    call.position = rollup_.range_position;
    call.argument_positions = rollup_.argument_positions;
    call.annotations = &annotations;
    Result<void> going_on;
    const std::function<bool()> stopped = [this, &going_on] {
      going_on = context_.check();
      return !going_on.ok();
    };
    call.stopped = &stopped;
    if (rollup_.pinned) {
      run_pinned(input, call, going_on, column);
    } else {
      rollup_.function->rollup(input, call, column);
    }
    return going_on;
  }

  void count_seen(const model::SampleBlock& block, const model::Column&,
                  std::span<uint64_t> at_step) const override {
    const model::TimeGrid& grid = rollup_.sample_grid;
    std::span<uint64_t> own = rollup_.pinned ? at_step.first(1) : at_step;
    const uint64_t before = own[0];
    count_windows(
        block.times, grid, rollup_.range_ms, [](int64_t time) { return time; },
        [](int64_t) { return uint64_t{1}; }, own);
    count_windows(
        block.histograms, grid, rollup_.range_ms, [](const auto& sample) { return sample.time_ms; },
        [](const auto& sample) { return model::sample_cost(*sample.histogram); }, own);
    if (!rollup_.pinned) return;
    for (uint64_t& seen : at_step.subspan(1)) seen += own[0] - before;
  }

 private:
  // Scalars that the function refuses, at a step that has samples.
  Result<void> check_arguments(const model::SampleBlock& block) const {
    if (rollup_.function->check_arguments == nullptr) return {};
    std::vector<double> scalars(scalars_.size());
    for (size_t step = 0; step < grid_.steps(); ++step) {
      for (size_t i = 0; i < scalars.size(); ++i) scalars[i] = scalars_[i][step];
      std::string error = rollup_.function->check_arguments(scalars);
      if (error.empty()) continue;
      int64_t end = rollup_.sample_grid.at(rollup_.pinned ? 0 : step);
      if (has_samples(block, end)) return Error{ErrorKind::Execution, std::move(error)};
    }
    return {};
  }

  bool has_samples(const model::SampleBlock& block, int64_t end_ms) const {
    const int64_t begin_ms = end_ms - rollup_.range_ms;
    auto time = std::upper_bound(block.times.begin(), block.times.end(), begin_ms);
    if (time != block.times.end() && *time <= end_ms) return true;
    return std::any_of(block.histograms.begin(), block.histograms.end(), [&](const auto& sample) {
      return sample.time_ms > begin_ms && sample.time_ms <= end_ms;
    });
  }

  static constexpr size_t kPinnedSteps = 16;  // between two checks whether the query has ended

  // One window for all steps, but the function depends on the evaluation time.
  void run_pinned(const functions::RollupInput& input, functions::RollupContext call,
                  const Result<void>& going_on, model::Column& column) const {
    std::vector<std::span<const double>> scalars(scalars_.size());
    model::Column one;
    for (size_t step = 0; step < grid_.steps() && going_on.ok(); ++step) {
      if (step % kPinnedSteps == 0 && (*call.stopped)()) return;
      call.eval_grid = model::TimeGrid::instant(grid_.at(step));
      for (size_t i = 0; i < scalars.size(); ++i) scalars[i] = scalar_spans_[i].subspan(step, 1);
      call.scalars = scalars;
      one.reset(1);
      rollup_.function->rollup(input, call, one);
      if (one.has_histogram(0)) column.set_histogram(step, one.histograms[0]);
      if (one.has_float(0)) column.values[step] = one.values[0];
    }
  }

  const Context& context_;
  plan::Rollup rollup_;
  model::TimeGrid grid_;
  std::vector<std::vector<double>> scalars_;
  std::vector<std::span<const double>> scalar_spans_;
};

class PointsKernel final : public SampleKernel {
 public:
  PointsKernel(const Context& context, const plan::Rollup& rollup, const model::TimeGrid& grid)
      : type_and_unit_labels_(context.type_and_unit_labels), rollup_(rollup), grid_(grid) {}

  Result<void> run(const SeriesMeta& series, model::SampleBlock& block,
                   model::Annotations& annotations, model::Column& column) const override {
    column.reset(grid_.steps());
    const model::TimeGrid& times = rollup_.sample_grid;
    for (size_t i = 0; i < block.times.size(); ++i) {
      const auto step = static_cast<size_t>((block.times[i] - times.start_ms) / times.step_ms);
      column.values[step] = block.values[i];
    }
    if (rollup_.function->expects_counter && !block.times.empty()) remark(series, annotations);
    return {};
  }

  // The store knows how many samples they were.
  void count_seen(const model::SampleBlock&, const model::Column& column,
                  std::span<uint64_t> at_step) const override {
    count_points(column, at_step);
  }

 private:
  // The info that the kernel would have added; the store knows nothing of annotations.
  void remark(const SeriesMeta& series, model::Annotations& annotations) const {
    functions::RollupContext call;
    call.metric_name = series.labels.get(model::kMetricName);
    call.type_and_unit_labels = type_and_unit_labels_;
    if (call.type_and_unit_labels) call.type_label = series.labels.get(model::kTypeLabel);
    call.position = rollup_.range_position;
    call.argument_positions = rollup_.argument_positions;
    call.annotations = &annotations;
    functions::Remarks(call).possible_non_counter();
  }

  bool type_and_unit_labels_;
  plan::Rollup rollup_;
  model::TimeGrid grid_;
};

}  // namespace

std::unique_ptr<SampleKernel> make_points_kernel(const Context& context, const plan::Rollup& rollup,
                                                 const model::TimeGrid& grid) {
  return std::make_unique<PointsKernel>(context, rollup, grid);
}

Result<std::unique_ptr<SampleKernel>> make_instant_kernel(const plan::Instant& instant,
                                                          model::PositionRange position) {
  return std::unique_ptr<SampleKernel>(std::make_unique<InstantKernel>(instant, position));
}

Result<std::unique_ptr<SampleKernel>> make_rollup_kernel(const Context& context,
                                                         const plan::Rollup& rollup,
                                                         const model::TimeGrid& grid,
                                                         std::vector<OperatorPtr>& scalars) {
  std::vector<std::vector<double>> values;
  for (auto& scalar : scalars) {
    TRY(auto column, scalar_values(*scalar));
    values.push_back(std::move(column));
  }
  return std::unique_ptr<SampleKernel>(
      std::make_unique<RollupKernel>(context, rollup, grid, std::move(values)));
}

}  // namespace gnomon::exec
