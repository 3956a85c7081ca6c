#include "src/exec/arithmetic.h"
#include "src/exec/vectors.h"
#include "src/functions/table.h"

namespace gnomon::exec {

namespace {

std::vector<SeriesMeta> renamed(std::span<const SeriesMeta> inputs, bool keeps_names) {
  std::vector<SeriesMeta> metas(inputs.begin(), inputs.end());
  for (auto& meta : metas) meta.drop_name = meta.drop_name || !keeps_names;
  return metas;
}

class MapOperator final : public Operator {
 public:
  MapOperator(Context& context, const model::TimeGrid& grid, const functions::Function& function,
              OperatorPtr input, std::vector<OperatorPtr> scalars)
      : Operator(context, grid),
        function_(function),
        input_(std::move(input)),
        scalars_(std::move(scalars)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    for (auto& scalar : scalars_) {
      TRY(auto values, scalar_values(*scalar));
      values_.push_back(std::move(values));
    }
    spans_.assign(values_.begin(), values_.end());
    TRY(auto inputs, input_->series());
    return renamed(inputs, function_.keeps_name);
  }

  Result<void> produce(model::Column& column) override {
    TRY_VOID(context_.check());
    TRY_VOID(input_->next(column));
    function_.map({grid(), spans_}, column);
    return {};
  }

  const functions::Function& function_;
  OperatorPtr input_;
  std::vector<OperatorPtr> scalars_;
  std::vector<std::vector<double>> values_;
  std::vector<std::span<const double>> spans_;
};

// The input's series, each column changed in place.
class ChangeOperator final : public Operator {
 public:
  using Change = void (*)(const model::TimeGrid& grid, model::Column& column);
  ChangeOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input, bool keeps_names,
                 Change change)
      : Operator(context, grid),
        input_(std::move(input)),
        keeps_names_(keeps_names),
        change_(change) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(const auto inputs, input_->series());
    return renamed(inputs, keeps_names_);
  }
  Result<void> produce(model::Column& column) override {
    TRY_VOID(input_->next(column));
    change_(grid(), column);
    return {};
  }

  OperatorPtr input_;
  const bool keeps_names_;
  const Change change_;
};

void put_times(const model::TimeGrid& grid, model::Column& column) {
  for (size_t step = 0; step < column.steps(); ++step) {
    const double seconds = static_cast<double>(grid.at(step)) / 1000;
    column.values[step] = column.has(step) ? seconds : model::kStale;
  }
  column.histograms.clear();
}

}  // namespace

OperatorPtr make_map(Context& context, const model::TimeGrid& grid,
                     const functions::Function& function, OperatorPtr input,
                     std::vector<OperatorPtr> scalars) {
  return std::make_unique<MapOperator>(context, grid, function, std::move(input),
                                       std::move(scalars));
}

OperatorPtr make_negate(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  const auto change = [](const model::TimeGrid&, model::Column& column) { negate(column); };
  return std::make_unique<ChangeOperator>(context, grid, std::move(input), false, change);
}

OperatorPtr make_evaluation_time(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<ChangeOperator>(context, grid, std::move(input), false, put_times);
}

OperatorPtr make_nothing(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  const auto change = [](const model::TimeGrid& grid, model::Column& column) {
    column.reset(grid.steps());
  };
  return std::make_unique<ChangeOperator>(context, grid, std::move(input), true, change);
}

}  // namespace gnomon::exec
