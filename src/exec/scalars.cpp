#include "src/exec/scalars.h"

#include <algorithm>

#include "src/base/text.h"
#include "src/exec/arithmetic.h"
#include "src/exec/label_keys.h"

namespace gnomon::exec {

namespace {

// One series without labels.
std::vector<SeriesMeta> one_series() { return std::vector<SeriesMeta>(1); }

class NumberOperator final : public Operator {
 public:
  NumberOperator(Context& context, const model::TimeGrid& grid, double value)
      : Operator(context, grid), value_(value) {}

 private:
  Result<std::vector<SeriesMeta>> open() override { return one_series(); }
  Result<void> produce(model::Column& column) override {
    column.values.assign(steps(), value_);
    column.histograms.clear();
    return {};
  }

  double value_;
};

class TimeOperator final : public Operator {
 public:
  using Operator::Operator;

 private:
  Result<std::vector<SeriesMeta>> open() override { return one_series(); }
  Result<void> produce(model::Column& column) override {
    column.reset(steps());
    for (size_t i = 0; i < steps(); ++i) {
      column.values[i] = static_cast<double>(grid().at(i)) / 1000;
    }
    return {};
  }
};

class ScalarCallOperator final : public Operator {
 public:
  ScalarCallOperator(Context& context, const model::TimeGrid& grid, functions::ScalarKernel kernel,
                     std::vector<OperatorPtr> arguments)
      : Operator(context, grid), kernel_(kernel), arguments_(std::move(arguments)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override { return one_series(); }
  Result<void> produce(model::Column& column) override {
    std::vector<std::vector<double>> values;
    for (auto& argument : arguments_) {
      TRY(auto one, scalar_values(*argument));
      values.push_back(std::move(one));
    }
    column.reset(steps());
    std::vector<double> row(values.size());
    for (size_t step = 0; step < steps(); ++step) {
      for (size_t i = 0; i < row.size(); ++i) row[i] = values[i][step];
      column.values[step] = kernel_(row);
    }
    return {};
  }

  functions::ScalarKernel kernel_;
  std::vector<OperatorPtr> arguments_;
};

// scalar(): the value where exactly one series has a float, else NaN.
class ToScalarOperator final : public Operator {
 public:
  ToScalarOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input)
      : Operator(context, grid), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override { return one_series(); }
  Result<void> produce(model::Column& column) override {
    TRY(auto metas, input_->series());
    column.reset(steps());
    std::vector<uint8_t> several(steps(), 0);
    model::Column points;
    for (size_t i = 0; i < metas.size(); ++i) {
      TRY_VOID(input_->next(points));
      for (size_t step = 0; step < steps(); ++step) {
        if (!points.has_float(step)) continue;
        several[step] |= column.has_float(step);
        column.values[step] = points.values[step];
      }
    }
    for (size_t step = 0; step < steps(); ++step) {
      if (several[step] || !column.has_float(step)) column.values[step] = model::kNaN;
    }
    return {};
  }

  OperatorPtr input_;
};

// vector(): a scalar is one series without labels already.
class ToVectorOperator final : public Operator {
 public:
  ToVectorOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input)
      : Operator(context, grid), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(auto metas, input_->series());
    return std::vector<SeriesMeta>(metas.begin(), metas.end());
  }
  Result<void> produce(model::Column& column) override { return input_->next(column); }

  OperatorPtr input_;
};

class RepeatOperator final : public Operator {
 public:
  RepeatOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input)
      : Operator(context, grid), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(auto metas, input_->series());
    return std::vector<SeriesMeta>(metas.begin(), metas.end());
  }
  Result<void> produce(model::Column& column) override {
    TRY_VOID(input_->next(once_));
    column.values.assign(steps(), once_.values[0]);
    column.histograms.clear();
    if (once_.has_histogram(0)) column.histograms.assign(steps(), once_.histograms[0]);
    return {};
  }

  OperatorPtr input_;
  model::Column once_;
};

class ScalarBinaryOperator final : public Operator {
 public:
  ScalarBinaryOperator(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
                       OperatorPtr left, OperatorPtr right)
      : Operator(context, grid), left_(std::move(left)), right_(std::move(right)) {
    rule_.op = binary.op;
    rule_.return_bool = true;  // between scalars a comparison always yields 0 or 1
  }

 private:
  Result<std::vector<SeriesMeta>> open() override { return one_series(); }
  Result<void> produce(model::Column& column) override {
    TRY(auto left, scalar_values(*left_));
    TRY(auto right, scalar_values(*right_));
    if (functions::is_trim(rule_.op)) {
      return Error{ErrorKind::Execution, "operator " +
                                             base::quote(functions::binary_op_text(rule_.op)) +
                                             " not allowed for Scalar operations"};
    }
    column.reset(steps());
    combine_floats(rule_, left, right, column.values);
    return {};
  }

  BinaryRule rule_;
  OperatorPtr left_, right_;
};

// vector op scalar, either way round.
class VectorScalarOperator final : public Operator {
 public:
  VectorScalarOperator(Context& context, const model::TimeGrid& grid, const BinaryRule& rule,
                       OperatorPtr vector, OperatorPtr scalar, bool scalar_left)
      : Operator(context, grid),
        rule_(rule),
        vector_(std::move(vector)),
        scalar_(std::move(scalar)),
        scalar_left_(scalar_left) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(scalar_column_.values, scalar_values(*scalar_));
    TRY(auto inputs, vector_->series());
    std::vector<SeriesMeta> metas(inputs.begin(), inputs.end());
    left_over_ = metas.size();
    if (rule_.return_bool || functions::is_arithmetic(rule_.op)) {
      for (auto& meta : metas) meta.drop_name = true;
    }
    return metas;
  }

  Result<void> produce(model::Column& column) override {
    TRY_VOID(context_.check());
    TRY_VOID(vector_->next(points_));
    if (scalar_left_) {
      combine_columns(rule_, scalar_column_, points_, remarks_, column);
    } else {
      combine_columns(rule_, points_, scalar_column_, remarks_, column);
    }
    if (--left_over_ == 0) remarks_.hand_over(rule_.position, context_.annotations);
    return {};
  }

  BinaryRule rule_;
  OperatorPtr vector_, scalar_;
  bool scalar_left_;
  model::Column scalar_column_, points_;
  StepRemarks remarks_;
  size_t left_over_ = 0;  // series to come
};

}  // namespace

OperatorPtr make_number(Context& context, const model::TimeGrid& grid, double value) {
  return std::make_unique<NumberOperator>(context, grid, value);
}

OperatorPtr make_time(Context& context, const model::TimeGrid& grid) {
  return std::make_unique<TimeOperator>(context, grid);
}

OperatorPtr make_scalar_call(Context& context, const model::TimeGrid& grid,
                             functions::ScalarKernel kernel, std::vector<OperatorPtr> arguments) {
  return std::make_unique<ScalarCallOperator>(context, grid, kernel, std::move(arguments));
}

OperatorPtr make_to_scalar(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<ToScalarOperator>(context, grid, std::move(input));
}

OperatorPtr make_to_vector(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<ToVectorOperator>(context, grid, std::move(input));
}

OperatorPtr make_repeat(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<RepeatOperator>(context, grid, std::move(input));
}

OperatorPtr make_scalar_binary(Context& context, const model::TimeGrid& grid,
                               const plan::Binary& binary, OperatorPtr left, OperatorPtr right) {
  return std::make_unique<ScalarBinaryOperator>(context, grid, binary, std::move(left),
                                                std::move(right));
}

OperatorPtr make_vector_scalar(Context& context, const model::TimeGrid& grid,
                               const plan::Binary& binary, model::PositionRange position,
                               OperatorPtr left, OperatorPtr right, bool scalar_left) {
  BinaryRule rule{binary.op, binary.return_bool, scalar_left, position};
  auto& vector = scalar_left ? right : left;
  auto& scalar = scalar_left ? left : right;
  return std::make_unique<VectorScalarOperator>(context, grid, rule, std::move(vector),
                                                std::move(scalar), scalar_left);
}

}  // namespace gnomon::exec
