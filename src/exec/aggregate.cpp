#include <algorithm>
#include <cmath>

#include "src/base/text.h"
#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"
#include "src/functions/accumulator.h"
#include "src/functions/quantile.h"

namespace gnomon::exec {

namespace {

using functions::AggregateShape;
using model::Severity;

class AggregateOperator final : public BlockingOperator {
 public:
  AggregateOperator(Context& context, const model::TimeGrid& grid, const plan::Aggregate& aggregate,
                    OperatorPtr input)
      : BlockingOperator(context, grid), aggregate_(aggregate), input_(std::move(input)) {}

 private:
  struct Group {
    functions::Accumulator accumulator;
    uint32_t first = UINT32_MAX;  // the first series with a point: decides the order
    bool drop_name = false;
    std::string mixed_metric;  // whose histogram did not fit those before
  };

  Result<Output> compute() override {
    TRY(auto series, input_->series());
    Groups groups = make_groups(context_, aggregate_, series);
    Hold hold(context_.budget);
    TRY_VOID(hold.take(groups.labels.size() * steps()));
    const auto kind = functions::aggregation(aggregate_.op).fold;
    std::vector<Group> state;
    for (size_t i = 0; i < groups.labels.size(); ++i) {
      state.push_back({functions::Accumulator(kind, steps())});
    }
    model::Column column;
    for (uint32_t i = 0; i < series.size(); ++i) {
      TRY_VOID(context_.check());
      TRY_VOID(input_->next(column));
      if (column.empty()) continue;
      Group& group = state[groups.of_series[i]];
      bool mixed_before = group.accumulator.flags().mixed_schemas;
      group.accumulator.add(column);
      if (!mixed_before && group.accumulator.flags().mixed_schemas) {
        group.mixed_metric = visible_labels(context_, series[i]).get(model::kMetricName);
      }
      group.first = std::min(group.first, i);
      group.drop_name |= series[i].drop_name && context_.delayed_name_removal;
    }
    return finish(groups, state);
  }

  Result<Output> finish(const Groups& groups, std::vector<Group>& state) {
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < state.size(); ++i) {
      if (state[i].first != UINT32_MAX) order.push_back(i);
    }
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return state[a].first < state[b].first; });
    Output output;
    for (uint32_t i : order) {
      model::Column column;
      state[i].accumulator.finish(column);
      remark(state[i].accumulator.flags(), state[i].mixed_metric);
      output.add({groups.labels[i], state[i].drop_name}, std::move(column));
    }
    return output;
  }

  void remark(const functions::AggregateFlags& flags, const std::string& mixed_metric) {
    auto& notes = context_.annotations;
    auto at = aggregate_.input_position;
    std::string op(functions::aggregate_op_text(aggregate_.op));
    if (flags.mixed) {
      notes.add(Severity::Warning, "encountered a mix of histograms and floats for aggregation",
                at);
    }
    if (flags.mixed_schemas) {
      notes.add(Severity::Warning,
                "vector contains a mix of histograms with exponential and custom buckets schemas "
                "for metric name " +
                    base::quote(mixed_metric),
                at);
    }
    if (flags.conflicting_resets) {
      notes.add(Severity::Warning, "conflicting counter resets during histogram aggregation", at);
    }
    if (flags.ignored_histogram) {
      notes.add(Severity::Info, "ignored histogram in " + op + " aggregation", at);
    }
    if (flags.reconciled_bounds) {
      notes.add(Severity::Info, "mismatched custom buckets were reconciled during aggregation", at);
    }
  }

  plan::Aggregate aggregate_;
  OperatorPtr input_;
};

// quantile by (...) (q, v)
class QuantileOperator final : public BlockingOperator {
 public:
  QuantileOperator(Context& context, const model::TimeGrid& grid, const plan::Aggregate& aggregate,
                   OperatorPtr input, OperatorPtr param)
      : BlockingOperator(context, grid),
        aggregate_(aggregate),
        input_(std::move(input)),
        param_(std::move(param)) {}

 private:
  Result<Output> compute() override {
    TRY(auto q, scalar_values(*param_));
    Materialized input(context_);
    TRY_VOID(input.fill(*input_));
    remark(q);
    Groups groups = make_groups(context_, aggregate_, input.series);
    std::vector<std::vector<uint32_t>> members(groups.labels.size());
    for (uint32_t i = 0; i < input.series.size(); ++i) {
      if (!input.columns[i].empty()) members[groups.of_series[i]].push_back(i);
    }
    Output output;
    for (uint32_t g = 0; g < members.size(); ++g) {
      bool drop_name = false;
      for (uint32_t i : members[g]) {
        drop_name |= input.series[i].drop_name && context_.delayed_name_removal;
      }
      model::Column column = group_quantile(input, members[g], q);
      if (!column.empty()) output.add({groups.labels[g], drop_name}, std::move(column));
    }
    return output;
  }

  model::Column group_quantile(const Materialized& input, const std::vector<uint32_t>& members,
                               const std::vector<double>& q) {
    model::Column column;
    column.reset(steps());
    std::vector<double> values;
    bool ignored = false;
    for (size_t step = 0; step < steps(); ++step) {
      values.clear();
      for (uint32_t i : members) {
        if (input.columns[i].has_float(step)) values.push_back(input.columns[i].values[step]);
        ignored |= input.columns[i].has_histogram(step);
      }
      if (!values.empty()) column.values[step] = functions::quantile(q[step], values);
    }
    if (ignored) {
      context_.annotations.add(Severity::Info, "ignored histogram in quantile aggregation",
                               aggregate_.input_position);
    }
    return column;
  }

  // Of all steps' quantiles that are none, one of each kind is named.
  void remark(const std::vector<double>& q) {
    double lowest = 0, highest = 1, nan = 0;
    for (double value : q) {
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
      if (std::isnan(value)) nan = value;
    }
    if (std::isnan(nan)) remark_quantile(nan);
    if (highest > 1) remark_quantile(highest);
    if (lowest < 0) remark_quantile(lowest);
  }

  void remark_quantile(double q) {
    context_.annotations.add(
        Severity::Warning,
        "quantile value should be between 0 and 1, got " + base::format_float_g(q),
        aggregate_.param_position);
  }

  plan::Aggregate aggregate_;
  OperatorPtr input_, param_;
};

}  // namespace

OperatorPtr make_aggregate(Context& context, const model::TimeGrid& grid,
                           const plan::Aggregate& aggregate, model::PositionRange position,
                           OperatorPtr input, OperatorPtr param) {
  switch (functions::aggregation(aggregate.op).shape) {
    case AggregateShape::Fold:
      return std::make_unique<AggregateOperator>(context, grid, aggregate, std::move(input));
    case AggregateShape::Quantile:
      return std::make_unique<QuantileOperator>(context, grid, aggregate, std::move(input),
                                                std::move(param));
    case AggregateShape::CountValues:
      return make_count_values(context, grid, aggregate, std::move(input));
    case AggregateShape::Selection:
      return make_selection(context, grid, aggregate, position, std::move(input), std::move(param));
  }
  return nullptr;
}

}  // namespace gnomon::exec
