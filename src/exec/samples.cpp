#include "src/exec/samples.h"

#include <algorithm>
#include <optional>

#include "src/base/limits.h"
#include "src/exec/label_keys.h"
#include "src/exec/morsels.h"

namespace gnomon::exec {

namespace {

// Enough points that handing a morsel over costs nothing, few enough to stay in the cache.
constexpr size_t kMorselPoints = 16'384;
constexpr size_t kMorselSeriesMin = 16;
constexpr size_t kMorselSeriesMax = 256;
// With the millions of steps that a subquery may have.
constexpr size_t kMorselPointsMax = 1 << 20;

// Few series with long windows are work enough to share, too.
size_t series_per_morsel(size_t series, size_t steps) {
  if (steps > kMorselPointsMax / kMorselSeriesMin)
    return std::max<size_t>(kMorselPointsMax / steps, 1);
  size_t by_points = std::clamp(kMorselPoints / steps, kMorselSeriesMin, kMorselSeriesMax);
  return std::min(by_points, std::max(2 * kMorselSeriesMin, series / 8));
}

class ScanOperator final : public Operator {
 public:
  ScanOperator(Context& context, const model::TimeGrid& grid, const storage::Fragment& fragment,
               bool drop_name, uint64_t uses, KernelFactory factory)
      : Operator(context, grid),
        fragment_(fragment),
        drop_name_(drop_name),
        uses_(context.samples_at_step.empty() ? 0 : uses),
        factory_(std::move(factory)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(selection_, context_.store.select(fragment_, context_.stop));
    TRY(kernel_, factory_(selection_->rolled_up()));
    auto labels = selection_->series();
    std::vector<SeriesMeta> metas;
    metas.reserve(labels.size());
    for (const auto& l : labels) metas.push_back({l, drop_name_});
    morsel_series_ = series_per_morsel(labels.size(), steps());
    size_t morsels = (labels.size() + morsel_series_ - 1) / morsel_series_;
    auto evaluate = [this](size_t number, Morsel& morsel) {
      morsel.annotations = {};
      morsel.status = evaluate_morsel(number, morsel);
    };
    // At least two, even if they have more points than that.
    size_t held_max = std::max<size_t>(base::kMorselPointsHeldMax / (morsel_series_ * steps()), 2);
    queue_.emplace(context_.workers, morsels, held_max, evaluate);
    return metas;
  }

  Result<void> produce(model::Column& column) override {
    if (position_ % morsel_series_ == 0) {
      morsel_ = &queue_->next();
      if (!morsel_->status.ok()) return morsel_->status;
      context_.annotations.merge(morsel_->annotations);
      context_.count_seen(morsel_->samples_at_step, uses_);
    }
    std::swap(column, morsel_->columns[position_ % morsel_series_]);
    ++position_;
    return {};
  }

  Result<void> evaluate_morsel(size_t number, Morsel& morsel) {
    auto labels = selection_->series();
    size_t begin = number * morsel_series_;
    size_t end = std::min(begin + morsel_series_, labels.size());
    morsel.columns.resize(end - begin);
    if (uses_ > 0) morsel.samples_at_step.assign(steps(), 0);
    TRY(auto cursor, selection_->open(begin, end, context_.stop));
    model::SampleBlock block;
    SeriesMeta source;
    for (size_t i = begin; i < end; ++i) {
      TRY_VOID(context_.check());
      TRY(bool more, cursor->next(block));
      auto& column = morsel.columns[i - begin];
      if (!more || block.empty()) {
        column.reset(steps());
        continue;
      }
      uint64_t samples = block.size();
      context_.budget.count_read(samples);
      TRY_VOID(context_.budget.take(samples));
      source.labels = labels[i];
      TRY_VOID(kernel_->run(source, block, morsel.annotations, column));
      if (uses_ > 0) kernel_->count_seen(block, column, morsel.samples_at_step);
      context_.budget.give(samples);
    }
    return {};
  }

  storage::Fragment fragment_;
  bool drop_name_;
  uint64_t uses_;  // 0: not counted
  KernelFactory factory_;
  std::unique_ptr<SampleKernel> kernel_;
  std::unique_ptr<storage::Selection> selection_;
  size_t morsel_series_ = kMorselSeriesMax;
  Morsel* morsel_ = nullptr;
  size_t position_ = 0;
  std::optional<MorselQueue> queue_;  // last: ends before what its tasks use
};

// A column's points as samples at the times of its grid. Reset hints do not survive a subquery.
void to_samples(const model::Column& column, const model::TimeGrid& grid,
                model::SampleBlock& block) {
  block.clear();
  for (size_t step = 0; step < column.steps(); ++step) {
    if (column.has_float(step)) {
      block.times.push_back(grid.at(step));
      block.values.push_back(column.values[step]);
    } else if (column.has_histogram(step)) {
      model::HistogramPtr histogram = column.histograms[step];
      if (histogram->hint == model::CounterResetHint::Reset ||
          histogram->hint == model::CounterResetHint::NotReset) {
        auto unhinted = std::make_shared<model::Histogram>(*histogram);
        unhinted->hint = model::CounterResetHint::Unknown;
        histogram = std::move(unhinted);
      }
      block.histograms.push_back({grid.at(step), std::move(histogram), 0});
    }
  }
}

class SubqueryOperator final : public Operator {
 public:
  SubqueryOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input, bool drop_name,
                   uint64_t uses, KernelFactory factory)
      : Operator(context, grid),
        input_(std::move(input)),
        drop_name_(drop_name),
        uses_(context.samples_at_step.empty() ? 0 : uses),
        factory_(std::move(factory)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(kernel_, factory_(false));
    TRY(sources_, input_->series());
    std::vector<SeriesMeta> metas(sources_.begin(), sources_.end());
    for (auto& meta : metas) meta.drop_name |= drop_name_;
    return metas;
  }

  Result<void> produce(model::Column& column) override {
    TRY_VOID(context_.check());
    const SeriesMeta& source = sources_[position_++];
    TRY_VOID(input_->next(points_));
    to_samples(points_, input_->grid(), block_);
    context_.budget.count_read(block_.size());
    if (block_.empty()) {
      column.reset(steps());
      return {};
    }
    SeriesMeta named = source;
    if (named.drop_name && !context_.delayed_name_removal) {
      named.labels = without_name(named.labels);
    }
    TRY_VOID(kernel_->run(named, block_, context_.annotations, column));
    if (uses_ == 0) return {};
    std::vector<uint64_t> at_step(steps(), 0);
    kernel_->count_seen(block_, column, at_step);
    context_.count_seen(at_step, uses_);
    return {};
  }

  OperatorPtr input_;
  bool drop_name_;
  uint64_t uses_;  // 0: not counted
  KernelFactory factory_;
  std::unique_ptr<SampleKernel> kernel_;
  std::span<const SeriesMeta> sources_;
  size_t position_ = 0;
  model::Column points_;
  model::SampleBlock block_;
};

}  // namespace

OperatorPtr make_scan_operator(Context& context, const model::TimeGrid& grid,
                               const storage::Fragment& fragment, bool drop_name, uint64_t uses,
                               KernelFactory kernel) {
  return std::make_unique<ScanOperator>(context, grid, fragment, drop_name, uses,
                                        std::move(kernel));
}

OperatorPtr make_subquery_operator(Context& context, const model::TimeGrid& grid, OperatorPtr input,
                                   bool drop_name, uint64_t uses, KernelFactory kernel) {
  return std::make_unique<SubqueryOperator>(context, grid, std::move(input), drop_name, uses,
                                            std::move(kernel));
}

Result<std::string> describe_scan(Context& context, const storage::Fragment& fragment) {
  TRY(auto selection, context.store.select(fragment, context.stop));
  return selection->describe();
}

}  // namespace gnomon::exec
