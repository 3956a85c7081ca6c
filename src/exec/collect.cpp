#include "src/exec/collect.h"

#include <algorithm>

#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

using functions::ValueType;

Result<model::Value> collect_scalar(Operator& root, const plan::Node& node, bool instant) {
  TRY(auto values, scalar_values(root));
  if (instant) return model::Value(model::Scalar{node.grid.start_ms, values[0]});
  model::GridMatrix matrix{node.grid, {}};
  matrix.series.emplace_back().column.values = std::move(values);
  return model::Value(std::move(matrix));
}

Result<model::Value> collect_vector(Operator& root, const plan::Node& node) {
  TRY(auto series, root.series());
  model::Vector vector;
  model::Column column;
  for (const auto& meta : series) {
    TRY_VOID(root.next(column));
    if (!column.has(0)) continue;
    model::VectorElement element{meta.labels, node.grid.start_ms, column.values[0], nullptr};
    if (column.has_histogram(0)) element.histogram = column.histograms[0];
    vector.push_back(std::move(element));
  }
  return model::Value(std::move(vector));
}

Result<model::Value> collect_matrix(Operator& root, const plan::Node& node, Context& context) {
  TRY(auto series, root.series());
  model::GridMatrix matrix{node.grid, {}};
  uint64_t points = 0;
  for (const auto& meta : series) {
    model::Column column;
    TRY_VOID(root.next(column));
    if (column.empty()) continue;
    TRY_VOID(context.budget.take(column.steps()));
    points += column.steps();
    matrix.series.push_back({meta.labels, std::move(column)});
  }
  context.budget.give(points);
  auto before = [](const auto& a, const auto& b) { return a.labels < b.labels; };
  if (!std::is_sorted(matrix.series.begin(), matrix.series.end(), before)) {
    std::sort(matrix.series.begin(), matrix.series.end(), before);
  }
  return model::Value(std::move(matrix));
}

}  // namespace

Result<model::Value> collect(const plan::Plan& plan, Lowered& lowered, Context& context) {
  const plan::Node& node = plan.root();
  if (auto* text = std::get_if<plan::Text>(&node.op)) {
    return model::Value(model::String{node.grid.start_ms, text->value});
  }
  if (auto* raw = std::get_if<plan::RawSamples>(&node.op)) {
    return collect_raw(plan, *raw, context);
  }
  if (node.type == ValueType::Scalar) {
    return collect_scalar(*lowered.root, node, context.instant);
  }
  auto named = make_final_names(context, node.grid, std::move(lowered.root));
  auto value =
      context.instant ? collect_vector(*named, node) : collect_matrix(*named, node, context);
  lowered.root = std::move(named);  // keeps what EXPLAIN analyze looks at
  return value;
}

}  // namespace gnomon::exec
