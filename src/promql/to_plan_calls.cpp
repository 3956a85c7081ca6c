// Calls of functions.
#include <algorithm>

#include "src/promql/planner.h"

namespace gnomon::promql {

namespace {

using functions::Function;
using functions::RangeModifier;

// absent(): the labels that `=` matchers of a selector argument fix, each name at most once.
model::Labels absent_labels(const Expr& argument) {
  const Expr* at = &without_parens(argument);
  if (auto* matrix = std::get_if<MatrixSelector>(&at->node)) at = matrix->selector.get();
  auto* selector = std::get_if<VectorSelector>(&at->node);
  if (!selector) return {};
  model::LabelsBuilder labels;
  std::vector<std::string> seen;
  for (const auto& m : selector->matchers) {
    if (m.name() == model::kMetricName) continue;
    bool first = std::find(seen.begin(), seen.end(), m.name()) == seen.end();
    if (m.kind() == model::MatchKind::Equal && first) {
      labels.set(m.name(), m.value());
      seen.push_back(m.name());
    } else {
      labels.remove(m.name());
    }
  }
  return labels.build();
}

std::string text_argument(const Call& call, size_t i) {
  return std::get<StringLiteral>(without_parens(*call.arguments[i]).node).value;
}

std::vector<std::string> text_arguments_from(const Call& call, size_t i) {
  std::vector<std::string> texts;
  for (; i < call.arguments.size(); ++i) texts.push_back(text_argument(call, i));
  return texts;
}

}  // namespace

Result<void> check_modifier(const Call& call) {
  for (const auto& argument : call.arguments) {
    auto* matrix = std::get_if<MatrixSelector>(&without_parens(*argument).node);
    if (!matrix) continue;
    auto modifier = modifier_of(std::get<VectorSelector>(matrix->selector->node));
    if (modifier == RangeModifier::None) continue;
    const bool anchored = modifier == RangeModifier::Anchored;
    const auto takes = anchored ? &Function::takes_anchored : &Function::takes_smoothed;
    if (call.function->*takes) continue;
    std::string list;
    for (const Function* one : functions::all_functions()) {
      if (one->*takes) list += (list.empty() ? "" : ", ") + std::string(one->name);
    }
    return Error{ErrorKind::Execution, std::string(anchored ? "anchored" : "smoothed") +
                                           " modifier can only be used with: " + list +
                                           " - not with " + std::string(call.function->name)};
  }
  return {};
}

Planner::HistogramUse Planner::use_inside(const Function& function) const {
  HistogramUse use = histograms_;
  use.count_or_sum |= function.histograms == functions::HistogramUse::CountAndSum;
  use.buckets |= function.histograms == functions::HistogramUse::Buckets;
  return use;
}

plan::NodeId Planner::call(const Call& call, const Expr& expr, const TimeGrid& grid) {
  if (auto checked = check_modifier(call); !checked.ok() && !error_) error_ = checked.error();
  UseScope use(histograms_, use_inside(*call.function));
  switch (call.function->shape) {
    case functions::Shape::Rollup:
      return rollup(*call.function, call.arguments, expr, grid);
    case functions::Shape::Map:
      return map(call, expr, grid);
    case functions::Shape::Scalar: {
      plan::ScalarCall scalar{call.function, {}};
      for (const auto& argument : call.arguments) {
        scalar.arguments.push_back(expression(*argument, grid));
      }
      return add(std::move(scalar), expr, grid);
    }
    case functions::Shape::Special:
      return special(call, expr, grid);
  }
  return 0;
}

plan::NodeId Planner::rollup(const functions::Function& function,
                             const std::vector<ExprPtr>& arguments, const Expr& expr,
                             const TimeGrid& grid) {
  plan::Rollup rollup;
  rollup.function = &function;
  rollup.lookback_ms = options_.lookback_ms;
  for (const auto& argument : arguments) {
    rollup.argument_positions.push_back(remark_position(*argument));
    if (argument->type != ValueType::RangeVector) {
      rollup.scalars.push_back(expression(*argument, grid));
      continue;
    }
    const Source from = source(*argument, grid);
    rollup.source = from.node;
    rollup.sample_grid = from.grid;
    rollup.pinned = from.fixed && grid.steps() > 1;
    rollup.range_ms = from.range_ms;
    rollup.modifier = from.modifier;
    rollup.histogram_stats = from.selector && histograms_.stats();
    rollup.range_position = remark_position(*argument);
  }
  return add(std::move(rollup), expr, grid);
}

plan::NodeId Planner::map(const Call& call, const Expr& expr, const TimeGrid& grid) {
  plan::Map map{call.function, 0, {}};
  bool have_vector = false;
  for (const auto& argument : call.arguments) {
    NodeId id = expression(*argument, grid);
    if (argument->type == ValueType::Scalar) {
      map.scalars.push_back(id);
    } else {
      map.input = id;
      have_vector = true;
    }
  }
  if (!have_vector) {  // hour() is hour(vector(time()))
    NodeId time = add(plan::Time{}, expr, grid);
    plan_.nodes[time].type = ValueType::Scalar;
    map.input = add(plan::ToVector{time}, expr, grid);
  }
  return add(std::move(map), expr, grid);
}

plan::NodeId Planner::special(const Call& call, const Expr& expr, const TimeGrid& grid) {
  const auto& args = call.arguments;
  const std::string_view name = call.function->name;
  const auto text = [&](size_t i) { return text_argument(call, i); };
  const auto first = [&] { return expression(*args[0], grid); };
  if (name == "time") return add(plan::Time{}, expr, grid);
  if (name == "vector") return add(plan::ToVector{first()}, expr, grid);
  if (name == "scalar") return add(plan::ToScalar{first()}, expr, grid);
  if (name == "timestamp" || name == "start_timestamp") return timestamp(call, expr, grid);
  if (name == "absent") return add(plan::Absent{first(), absent_labels(*args[0])}, expr, grid);
  if (name == "absent_over_time") {
    // last_over_time keeps the names: series of several metrics do not become one.
    const auto& last = *functions::find_function("last_over_time");
    NodeId input = rollup(last, args, expr, grid);
    return add(plan::Absent{input, absent_labels(*args[0])}, expr, grid);
  }
  if (name == "sort" || name == "sort_desc") {
    return add(plan::Sort{first(), name == "sort_desc", false, {}}, expr, grid);
  }
  if (name == "sort_by_label" || name == "sort_by_label_desc") {
    const bool descending = name == "sort_by_label_desc";
    return add(plan::Sort{first(), descending, true, text_arguments_from(call, 1)}, expr, grid);
  }
  if (name == "label_replace") {
    return add(plan::LabelReplace{first(), text(1), text(2), text(3), text(4)}, expr, grid);
  }
  if (name == "label_join") {
    return add(plan::LabelJoin{first(), text(1), text(2), text_arguments_from(call, 3)}, expr,
               grid);
  }
  if (name == "info") return info(call, expr, grid);
  return histogram_quantile(call, expr, grid);
}

plan::NodeId Planner::timestamp(const Call& call, const Expr& expr, const TimeGrid& grid) {
  const Expr& argument = without_parens(*call.arguments[0]);
  const bool start = call.function->name == "start_timestamp";
  if (auto* selector = std::get_if<VectorSelector>(&argument.node)) {
    return instant(*selector, argument, grid,
                   start ? plan::Reading::StartTimestamp : plan::Reading::Timestamp);
  }
  return add(plan::EvaluationTime{expression(argument, grid), start}, expr, grid);
}

plan::NodeId Planner::histogram_quantile(const Call& call, const Expr& expr, const TimeGrid& grid) {
  plan::HistogramQuantile node;
  node.fraction = call.function->name == "histogram_fraction";
  for (const auto& argument : call.arguments) {
    if (argument->type == ValueType::String) {
      node.label = std::get<StringLiteral>(without_parens(*argument).node).value;
      continue;
    }
    NodeId id = expression(*argument, grid);
    if (argument->type == ValueType::Scalar) {
      node.scalars.push_back(id);
      node.scalar_positions.push_back(remark_position(*argument));
    } else {
      node.input = id;
      node.input_position = remark_position(*argument);
    }
  }
  return add(std::move(node), expr, grid);
}

}  // namespace gnomon::promql
