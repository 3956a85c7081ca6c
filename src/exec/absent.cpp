#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

class AbsentOperator final : public Operator {
 public:
  AbsentOperator(Context& context, const model::TimeGrid& grid, const plan::Absent& absent,
                 OperatorPtr input)
      : Operator(context, grid), labels_(absent.labels), input_(std::move(input)) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    return std::vector<SeriesMeta>{{labels_, false}};
  }

  Result<void> produce(model::Column& column) override {
    TRY(auto series, input_->series());
    column.values.assign(steps(), 1);
    column.histograms.clear();
    model::Column points;
    for (size_t i = 0; i < series.size(); ++i) {
      TRY_VOID(context_.check());
      TRY_VOID(input_->next(points));
      for (size_t step = 0; step < steps(); ++step) {
        if (points.has(step)) column.erase(step);
      }
    }
    return {};
  }

  model::Labels labels_;
  OperatorPtr input_;
};

}  // namespace

OperatorPtr make_absent(Context& context, const model::TimeGrid& grid, const plan::Absent& absent,
                        OperatorPtr input) {
  return std::make_unique<AbsentOperator>(context, grid, absent, std::move(input));
}

}  // namespace gnomon::exec
