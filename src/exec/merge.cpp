#include <optional>

#include "src/exec/names.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

Error same_labelset() {
  return {ErrorKind::Execution, "vector cannot contain metrics with the same labelset"};
}

// Adds the points of `from` to `to`; false when both have one at some step.
bool join_columns(model::Column& to, const model::Column& from) {
  for (size_t step = 0; step < to.steps(); ++step) {
    if (!from.has(step)) continue;
    if (to.has(step)) return false;
    if (from.has_histogram(step)) {
      to.set_histogram(step, from.histograms[step]);
    } else {
      to.values[step] = from.values[step];
    }
  }
  return true;
}

class MergeOperator final : public Operator {
 public:
  MergeOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input,
                Collision collision, bool final)
      : Operator(context, grid), input_(std::move(input)), collision_(collision), final_(final) {}

 private:
  Result<std::vector<SeriesMeta>> open() override {
    TRY(auto inputs, input_->series());
    std::vector<SeriesMeta> metas;
    metas.reserve(inputs.size());
    KeyNumbers labels;
    std::vector<uint32_t> numbers;
    numbers.reserve(inputs.size());
    for (const auto& input : inputs) {
      SeriesMeta meta = visible(input);
      auto [number, added] = labels.add(meta.labels.packed());
      numbers.push_back(number);
      if (added) {
        metas.push_back(std::move(meta));
      } else {
        metas[number].drop_name |= meta.drop_name;
      }
    }
    if (metas.size() < inputs.size()) TRY_VOID(join_all(numbers, metas.size()));
    return metas;
  }

  Result<void> produce(model::Column& column) override {
    if (!joined_) return input_->next(column);
    column = std::move((*joined_)[next_++]);
    return {};
  }

  SeriesMeta visible(const SeriesMeta& meta) const {
    if (final_ && meta.drop_name) return {without_name(meta.labels), false};
    if (context_.delayed_name_removal) return meta;
    return {visible_labels(context_, meta), false};
  }

  Result<void> join_all(const std::vector<uint32_t>& numbers, size_t outputs) {
    joined_.emplace(outputs);
    std::vector<bool> has_points(outputs, false);
    model::Column column;
    for (uint32_t number : numbers) {
      TRY_VOID(input_->next(column));
      auto& target = (*joined_)[number];
      if (target.values.empty()) target.reset(steps());
      if (column.empty()) continue;
      if (has_points[number] && collision_ == Collision::AnyPoints) return same_labelset();
      if (!join_columns(target, column)) return same_labelset();
      has_points[number] = true;
    }
    return {};
  }

  OperatorPtr input_;
  Collision collision_;
  bool final_;
  std::optional<std::vector<model::Column>> joined_;  // only when series collide
  size_t next_ = 0;
};

}  // namespace

OperatorPtr make_merge(Context& context, const model::TimeGrid& grid, OperatorPtr input,
                       Collision collision) {
  return std::make_unique<MergeOperator>(context, grid, std::move(input), collision, false);
}

OperatorPtr make_final_names(Context& context, const model::TimeGrid& grid, OperatorPtr input) {
  return std::make_unique<MergeOperator>(context, grid, std::move(input), Collision::SameStep,
                                         true);
}

}  // namespace gnomon::exec
