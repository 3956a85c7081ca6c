#include <optional>

#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

Error same_labelset() {
  return {ErrorKind::Execution, "vector cannot contain metrics with the same labelset"};
}

// steps() when there is none.
size_t first_point(const model::Column& column) {
  size_t step = 0;
  while (step < column.steps() && !column.has(step)) ++step;
  return step;
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
      metas.push_back(visible(input));
      numbers.push_back(labels.add(metas.back().labels.packed()).first);
    }
    if (labels.size() == inputs.size()) return metas;
    return join_all(metas, numbers, labels.size());
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

  // What has points, in the order of the first series that has some. Whether the name is dropped in
  // the end is said by the series with the earliest point, as in Prometheus.
  Result<std::vector<SeriesMeta>> join_all(const std::vector<SeriesMeta>& metas,
                                           const std::vector<uint32_t>& numbers, size_t outputs) {
    joined_.emplace();
    std::vector<SeriesMeta> joined_metas;
    std::vector<uint32_t> places(outputs, KeyNumbers::kNone);
    std::vector<size_t> first_steps;
    model::Column column;
    for (size_t i = 0; i < metas.size(); ++i) {
      TRY_VOID(input_->next(column));
      const size_t first_step = first_point(column);
      if (first_step == column.steps()) continue;
      uint32_t& place = places[numbers[i]];
      if (place == KeyNumbers::kNone) {
        place = static_cast<uint32_t>(joined_metas.size());
        joined_metas.push_back(metas[i]);
        first_steps.push_back(first_step);
        joined_->push_back(std::move(column));
        continue;
      }
      if (collision_ == Collision::AnyPoints) return same_labelset();
      if (!join_columns((*joined_)[place], column)) return same_labelset();
      if (first_step < first_steps[place]) {
        first_steps[place] = first_step;
        joined_metas[place].drop_name = metas[i].drop_name;
      }
    }
    return joined_metas;
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
