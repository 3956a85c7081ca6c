#include "src/exec/arithmetic.h"
#include "src/exec/vectors.h"
#include "src/functions/table.h"

namespace gnomon::exec {

namespace {

std::vector<SeriesMeta> names_dropped(std::span<const SeriesMeta> inputs) {
  std::vector<SeriesMeta> metas(inputs.begin(), inputs.end());
  for (auto& meta : metas) meta.drop_name = true;
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
    if (function_.keeps_name) return std::vector<SeriesMeta>(inputs.begin(), inputs.end());
    return names_dropped(inputs);
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

class NegateOperator final : public Operator {
 public:
  NegateOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input)
      : Operator(context, grid), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(auto inputs, input_->series());
    return names_dropped(inputs);
  }
  Result<void> produce(model::Column& column) override {
    TRY_VOID(input_->next(column));
    negate(column);
    return {};
  }

  OperatorPtr input_;
};

class EvaluationTimeOperator final : public Operator {
 public:
  EvaluationTimeOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input)
      : Operator(context, grid), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(auto inputs, input_->series());
    return names_dropped(inputs);
  }
  Result<void> produce(model::Column& column) override {
    TRY_VOID(input_->next(points_));
    column.reset(steps());
    for (size_t step = 0; step < steps(); ++step) {
      if (points_.has(step)) column.values[step] = static_cast<double>(grid().at(step)) / 1000;
    }
    return {};
  }

  OperatorPtr input_;
  model::Column points_;
};

class NothingOperator final : public Operator {
 public:
  NothingOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input)
      : Operator(context, grid), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(auto inputs, input_->series());
    return std::vector<SeriesMeta>(inputs.begin(), inputs.end());
  }
  Result<void> produce(model::Column& column) override {
    TRY_VOID(input_->next(column));
    column.reset(steps());
    return {};
  }

  OperatorPtr input_;
};

}  // namespace

OperatorPtr make_map(Context& context, const model::TimeGrid& grid,
                     const functions::Function& function, OperatorPtr input,
                     std::vector<OperatorPtr> scalars) {
  return std::make_unique<MapOperator>(context, grid, function, std::move(input),
                                       std::move(scalars));
}

OperatorPtr make_negate(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<NegateOperator>(context, grid, std::move(input));
}

OperatorPtr make_evaluation_time(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<EvaluationTimeOperator>(context, grid, std::move(input));
}

OperatorPtr make_nothing(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<NothingOperator>(context, grid, std::move(input));
}

}  // namespace gnomon::exec
