#include <algorithm>
#include <cmath>

#include "src/base/text.h"
#include "src/exec/label_keys.h"
#include "src/exec/sorting.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

using functions::AggregateOp;
using model::Severity;

constexpr double kInt64Border = 9223372036854775808.0;

// The k series with the greatest (topk) or the least (bottomk) values at one step: a binary heap
// whose first element, the next to be replaced, is the worst of them, NaN worse than all. Which of
// equal ones is replaced, and in which order they come, shows in results: it is the same heap as in
// Prometheus (container/heap in promql/engine.go, aggregationK).
class TopK {
 public:
  TopK(const Materialized& input, size_t step, bool least_first)
      : input_(input), step_(step), least_first_(least_first) {}

  size_t size() const { return series_.size(); }

  void push(uint32_t series) {
    series_.push_back(series);
    size_t at = series_.size() - 1;
    while (at > 0 && before(series_[at], series_[(at - 1) / 2])) {
      std::swap(series_[at], series_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
  }

  // Whether this series replaces the first one.
  bool goes_before_first(uint32_t series) const {
    const double first = value(series_[0]), other = value(series);
    if (std::isnan(first)) return !std::isnan(other);
    return least_first_ ? first < other : first > other;
  }

  void replace_first(uint32_t series) {
    series_[0] = series;
    for (size_t at = 0, child = 1; child < series_.size(); child = 2 * at + 1) {
      if (child + 1 < series_.size() && before(series_[child + 1], series_[child])) ++child;
      if (!before(series_[child], series_[at])) break;
      std::swap(series_[at], series_[child]);
      at = child;
    }
  }

  // The best first, NaN last.
  void sort() {
    sort_like_prometheus(
        series_, [this](uint32_t a, uint32_t b) { return before(b, a); },
        [this](uint32_t a, uint32_t b) {
          if (std::isnan(value(a))) return false;
          return std::isnan(value(b)) || before(b, a);
        });
  }

  void append_to(std::vector<uint32_t>& order) const {
    order.insert(order.end(), series_.begin(), series_.end());
  }

 private:
  double value(uint32_t series) const {
    const model::Column& column = input_.columns[series];
    return column.has_float(step_) ? column.values[step_] : 0;
  }
  bool before(uint32_t a, uint32_t b) const {
    const double x = value(a), y = value(b);
    if (std::isnan(x)) return true;
    return least_first_ ? x < y : x > y;
  }

  const Materialized& input_;
  size_t step_;
  bool least_first_;
  std::vector<uint32_t> series_;
};

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
    Materialized input(context_);
    TRY_VOID(input.fill(*input_));
    if (chooses_nothing(params)) return Output{};
    TRY_VOID(check_params(params));
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

  // Then neither the parameter nor the input is looked at: no k is too small, and no histogram is
  // remarked upon.
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
    TopK heap(input, step, true);
    const size_t count = count_of(k, group.size());
    for (uint32_t i : group) {
      if (heap.size() == count) break;
      if (input.columns[i].has(step)) heap.push(i);
    }
    heap.append_to(order);
  }

  void by_ratio(const Materialized& input, const std::vector<uint32_t>& group, double ratio,
                size_t step, std::vector<uint32_t>& order) const {
    ratio = std::clamp(ratio, -1.0, 1.0);
    TopK heap(input, step, true);
    for (uint32_t i : group) {
      if (!input.columns[i].has(step)) continue;
      model::Labels labels = visible_labels(context_, input.series[i]);
      double offset = static_cast<double>(model::hash64(labels.view())) / 18446744073709551616.0;
      bool chosen = ratio >= 0 ? offset < ratio : offset >= 1.0 + ratio;
      if (chosen) heap.push(i);
    }
    heap.append_to(order);
  }

  void by_value(const Materialized& input, const std::vector<uint32_t>& group, double param,
                size_t step, std::vector<uint32_t>& order) {
    const bool top = aggregate_.op == AggregateOp::Topk;
    const size_t count = count_of(param, group.size());
    if (count == 0) return;
    TopK heap(input, step, top);
    bool ignored = false;
    for (uint32_t i : group) {
      ignored |= input.columns[i].has_histogram(step);
      if (!input.columns[i].has_float(step)) continue;
      if (heap.size() < count) {
        heap.push(i);
      } else if (heap.goes_before_first(i)) {
        heap.replace_first(i);
      }
    }
    heap.sort();
    heap.append_to(order);
    if (!ignored) return;
    std::string op(functions::aggregate_op_text(aggregate_.op));
    context_.annotations.add(Severity::Info, "ignored histogram in " + op + " aggregation",
                             position_);
  }

  static size_t count_of(double k, size_t most) {
    return k < 1 ? 0 : std::min(most, static_cast<size_t>(std::min(k, 1e18)));
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
    } else if (*lowest <= -kInt64Border) {
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
