#include <algorithm>
#include <map>

#include "src/base/text.h"
#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

// count_values("label", v)
class CountValuesOperator final : public BlockingOperator {
 public:
  CountValuesOperator(Context& context, const model::TimeGrid& grid,
                      const plan::Aggregate& aggregate, OperatorPtr input)
      : BlockingOperator(context, grid), aggregate_(aggregate), input_(std::move(input)) {}

 private:
  Result<Output> compute() override {
    if (!model::valid_label_name(aggregate_.label)) {
      return Error{ErrorKind::Execution, "invalid label name " + base::quote(aggregate_.label)};
    }
    TRY(auto series, input_->series());
    auto grouping = aggregate_.grouping;
    if (!aggregate_.without) {
      grouping.insert(std::upper_bound(grouping.begin(), grouping.end(), aggregate_.label),
                      aggregate_.label);
    }
    LabelKey key(!aggregate_.without, grouping, !context_.delayed_name_removal);
    Hold hold(context_.budget);
    model::Column column;
    for (const auto& meta : series) {
      TRY_VOID(context_.check());
      TRY_VOID(input_->next(column));
      std::map<std::string, uint32_t> known;  // value -> group, for this series
      for (size_t step = 0; step < steps(); ++step) {
        if (!column.has(step)) continue;
        std::string value = column.has_float(step) ? base::format_float(column.values[step])
                                                   : model::to_string(*column.histograms[step]);
        auto found = known.find(value);
        if (found == known.end()) {
          TRY_VOID(check_label_value(value));
          const size_t before = output_.columns.size();
          uint32_t group = group_of(meta, value, key);
          if (output_.columns.size() > before) TRY_VOID(hold.take(steps()));
          found = known.emplace(std::move(value), group).first;
        }
        double& count = output_.columns[found->second].values[step];
        count = model::is_stale(count) ? 1 : count + 1;
      }
    }
    return std::move(output_);
  }

  uint32_t group_of(const SeriesMeta& meta, const std::string& value, const LabelKey& key) {
    model::LabelsBuilder builder(meta.labels.view());
    builder.set(aggregate_.label, value);
    SeriesMeta labelled{builder.build(), meta.drop_name};
    std::string packed;
    key.write(labelled, packed);
    auto [group, added] = groups_.add(packed);
    if (added) {
      output_.series.push_back({model::Labels(packed), false});
      output_.columns.emplace_back().reset(steps());
    }
    return group;
  }

  plan::Aggregate aggregate_;
  OperatorPtr input_;
  KeyNumbers groups_;
  Output output_;
};

}  // namespace

OperatorPtr make_count_values(Context& context, const model::TimeGrid& grid,
                              const plan::Aggregate& aggregate, OperatorPtr input) {
  return std::make_unique<CountValuesOperator>(context, grid, aggregate, std::move(input));
}

}  // namespace gnomon::exec
