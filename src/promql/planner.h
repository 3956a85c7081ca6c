#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/promql/to_plan.h"

// to_plan() at work. Only to_plan.cpp and the files to_plan_*.cpp include this.
namespace gnomon::promql {

// What is inside of all parentheses around it.
const Expr& without_parens(const Expr& expr);

// The position of annotations on an argument: as in Prometheus without its parentheses, and that of
// a subquery is {0, 0}.
PositionRange remark_position(const Expr& argument);

functions::RangeModifier modifier_of(const VectorSelector& selector);

// Errors: Execution, for anchored or smoothed in the argument of a function that does not take it.
// Not a parse error, because Prometheus reports it when the query runs.
Result<void> check_modifier(const Call& call);

// Appends the nodes of an expression to a plan, inputs first. Each function returns the node that
// stands for its expression on `grid`, the times at which the expression's value is wanted. After
// the first error, which take() returns, the nodes are of no use. Not for two threads at once.
class Planner {
 public:
  explicit Planner(const PlanOptions& options) : options_(options) {}

  plan::NodeId expression(const Expr& expr, const model::TimeGrid& grid);
  // The raw matrix of an instant query.
  void raw_samples(const Expr& expr, const model::TimeGrid& grid);
  Result<plan::Plan> take();

 private:
  using NodeId = plan::NodeId;
  using TimeGrid = model::TimeGrid;

  // What a range vector argument becomes.
  struct Source {
    NodeId node = 0;
    TimeGrid grid;
    bool fixed = false;     // by an @
    bool selector = false;  // or a subquery
    int64_t range_ms = 0;
    functions::RangeModifier modifier = functions::RangeModifier::None;
  };

  // What the calls around a selector want of histograms.
  struct HistogramUse {
    bool count_or_sum = false;
    bool buckets = false;
    bool stats() const { return count_or_sum && !buckets; }
  };

  // Sets the use for the life of the scope.
  class UseScope {
   public:
    UseScope(HistogramUse& use, HistogramUse inside) : use_(use), before_(use) { use = inside; }
    ~UseScope() { use_ = before_; }
    UseScope(const UseScope&) = delete;
    UseScope& operator=(const UseScope&) = delete;

   private:
    HistogramUse& use_;
    HistogramUse before_;
  };

  template <typename Op>
  NodeId add(Op op, const Expr& expr, const TimeGrid& grid) {
    plan_.nodes.push_back({std::move(op), grid, expr.type, expr.position});
    return static_cast<NodeId>(plan_.nodes.size() - 1);
  }

  // to_plan.cpp
  NodeId here(const Expr& expr, const TimeGrid& grid);
  NodeId aggregate(const Aggregate& aggregate, const Expr& expr, const TimeGrid& grid);
  NodeId binary(const Binary& binary, const Expr& expr, const TimeGrid& grid);

  // to_plan_selectors.cpp
  TimeGrid checked(const TimeGrid& grid);
  TimeGrid sample_grid(const TimeModifier& time, const TimeGrid& grid);
  NodeId instant(const VectorSelector& selector, const Expr& expr, const TimeGrid& grid,
                 plan::Reading reading);
  Source source(const Expr& argument, const TimeGrid& grid);
  Source subquery(const Subquery& subquery, const Expr& expr, const TimeGrid& grid);
  Source matrix(const MatrixSelector& matrix, const Expr& expr, const TimeGrid& grid);

  // to_plan_calls.cpp
  HistogramUse use_inside(const functions::Function& function) const;
  NodeId call(const Call& call, const Expr& expr, const TimeGrid& grid);
  NodeId rollup(const functions::Function& function, const std::vector<ExprPtr>& arguments,
                const Expr& expr, const TimeGrid& grid);
  NodeId map(const Call& call, const Expr& expr, const TimeGrid& grid);
  NodeId special(const Call& call, const Expr& expr, const TimeGrid& grid);
  NodeId timestamp(const Call& call, const Expr& expr, const TimeGrid& grid);
  NodeId histogram_quantile(const Call& call, const Expr& expr, const TimeGrid& grid);

  // to_plan_info.cpp
  NodeId info(const Call& call, const Expr& expr, const TimeGrid& grid);

  PlanOptions options_;
  plan::Plan plan_;
  HistogramUse histograms_;
  std::optional<Error> error_;  // the first
};

}  // namespace gnomon::promql
