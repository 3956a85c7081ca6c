#include <algorithm>
#include <cmath>

#include "src/base/text.h"
#include "src/exec/groups.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

using model::Severity;
using promql::AggregateOp;

constexpr double kInt64Border = 9223372036854775808.0;

// topk, bottomk, limitk, limit_ratio: at each step some of the input series.
class SelectionOperator final : public BlockingOperator {
 public:
  SelectionOperator(Context& context, const model::TimeGrid& grid, const plan::Aggregate& aggregate,
                    model::PositionRange position, OperatorPtr input, OperatorPtr param)
      : BlockingOperator(context, grid),
        aggregate_(aggregate),
        position_(position),
        input_(std::move(input)),
        param_(std::move(param)) {}

 private:
  Result<Output> compute() override {
    TRY(auto params, scalar_values(*param_));
    TRY_VOID(check_params(params));
    Materialized input(context_);
    TRY_VOID(input.fill(*input_));
    if (chooses_nothing(params)) return Output{};
    Groups groups = make_groups(context_, aggregate_, input.series);
    members_.resize(groups.labels.size());
    for (uint32_t i = 0; i < input.series.size(); ++i) {
      if (!input.columns[i].empty()) members_[groups.of_series[i]].push_back(i);
    }
    members_by_first_point();
    std::vector<model::Column> chosen(input.columns.size());
    std::vector<uint32_t> order;  // as chosen at the last step
    for (size_t step = 0; step < steps(); ++step) {
      order.clear();
      for (const auto& group : members_) choose(input, group, params[step], step, order);
      for (uint32_t i : order) keep(input.columns[i], step, chosen[i]);
    }
    if (steps() > 1) {
      order.resize(input.columns.size());
      for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    }
    Output output;
    for (uint32_t i : order) {
      if (chosen[i].steps() > 0) output.add(input.series[i], std::move(chosen[i]));
    }
    return output;
  }

  // Then the input is not looked at, and no histogram in it is remarked upon.
  bool chooses_nothing(const std::vector<double>& params) const {
    return aggregate_.op != AggregateOp::LimitRatio &&
           std::all_of(params.begin(), params.end(), [](double k) { return k < 1; });
  }

  // Groups in the order of their first series that has points.
  void members_by_first_point() {
    std::erase_if(members_, [](const auto& group) { return group.empty(); });
    std::sort(members_.begin(), members_.end(),
              [](const auto& a, const auto& b) { return a.front() < b.front(); });
  }

  void keep(const model::Column& from, size_t step, model::Column& to) const {
    if (to.steps() == 0) to.reset(steps());
    if (from.has_histogram(step)) {
      to.set_histogram(step, from.histograms[step]);
    } else {
      to.values[step] = from.values[step];
    }
  }

  void choose(const Materialized& input, const std::vector<uint32_t>& group, double param,
              size_t step, std::vector<uint32_t>& order) {
    switch (aggregate_.op) {
      case AggregateOp::Limitk:
        return first_k(input, group, param, step, order);
      case AggregateOp::LimitRatio:
        return by_ratio(input, group, param, step, order);
      default:
        return by_value(input, group, param, step, order);
    }
  }

  void first_k(const Materialized& input, const std::vector<uint32_t>& group, double k, size_t step,
               std::vector<uint32_t>& order) const {
    int64_t left = k < 1 ? 0 : static_cast<int64_t>(std::min(k, 1e18));
    for (uint32_t i : group) {
      if (left <= 0) return;
      if (!input.columns[i].has(step)) continue;
      order.push_back(i);
      --left;
    }
  }

  void by_ratio(const Materialized& input, const std::vector<uint32_t>& group, double ratio,
                size_t step, std::vector<uint32_t>& order) const {
    ratio = std::clamp(ratio, -1.0, 1.0);
    for (uint32_t i : group) {
      if (!input.columns[i].has(step)) continue;
      model::Labels labels = visible_labels(context_, input.series[i]);
      double offset = static_cast<double>(model::hash64(labels.view())) / 18446744073709551616.0;
      bool chosen = ratio >= 0 ? offset < ratio : offset >= 1.0 + ratio;
      if (chosen) order.push_back(i);
    }
  }

  void by_value(const Materialized& input, const std::vector<uint32_t>& group, double param,
                size_t step, std::vector<uint32_t>& order) {
    bool ignored = false;
    size_t begin = order.size();
    for (uint32_t i : group) {
      if (input.columns[i].has_float(step)) order.push_back(i);
      ignored |= input.columns[i].has_histogram(step);
    }
    if (ignored) {
      std::string op(promql::aggregate_op_text(aggregate_.op));
      context_.annotations.add(Severity::Info, "ignored histogram in " + op + " aggregation",
                               position_);
    }
    size_t found = order.size() - begin;
    size_t k = param < 1 ? 0 : std::min(found, static_cast<size_t>(std::min(param, 1e18)));
    bool top = aggregate_.op == AggregateOp::Topk;
    auto before = [&](uint32_t a, uint32_t b) {
      double x = input.columns[a].values[step], y = input.columns[b].values[step];
      if (std::isnan(x) || std::isnan(y)) {
        if (std::isnan(x) && std::isnan(y)) return a < b;
        return std::isnan(y);
      }
      if (x == y) return a < b;  // ties keep the earlier series
      return top ? x > y : x < y;
    };
    auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    std::partial_sort(first, first + static_cast<std::ptrdiff_t>(k), order.end(), before);
    order.resize(begin + k);
  }

  Result<void> check_params(const std::vector<double>& params) {
    bool ratio = aggregate_.op == AggregateOp::LimitRatio;
    auto [lowest, highest] = std::minmax_element(params.begin(), params.end());
    if (std::any_of(params.begin(), params.end(), [](double p) { return std::isnan(p); })) {
      return Error{ErrorKind::Execution, ratio ? "Ratio value is NaN" : "Parameter value is NaN"};
    }
    if (ratio) {
      if (*highest > 1) remark_ratio(*highest);
      if (*lowest < -1) remark_ratio(*lowest);
    } else if (*highest >= kInt64Border) {
      return Error{ErrorKind::Execution,
                   "Scalar value " + base::format_float_g(*highest) + " overflows int64"};
    } else if (*lowest < -kInt64Border) {
      return Error{ErrorKind::Execution,
                   "Scalar value " + base::format_float_g(*lowest) + " underflows int64"};
    }
    return {};
  }

  void remark_ratio(double ratio) {
    context_.annotations.add(Severity::Warning,
                             "ratio value should be between -1 and 1, got " +
                                 base::format_float_g(ratio) + ", capping to " +
                                 (ratio > 0 ? "1" : "-1"),
                             aggregate_.param_position);
  }

  plan::Aggregate aggregate_;
  model::PositionRange position_;
  OperatorPtr input_, param_;
  std::vector<std::vector<uint32_t>> members_;
};

}  // namespace

OperatorPtr make_selection(Context& context, const model::TimeGrid& grid,
                           const plan::Aggregate& aggregate, model::PositionRange position,
                           OperatorPtr input, OperatorPtr param) {
  return std::make_unique<SelectionOperator>(context, grid, aggregate, position, std::move(input),
                                             std::move(param));
}

}  // namespace gnomon::exec
