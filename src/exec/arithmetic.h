#pragma once

#include <span>

#include "src/model/annotations.h"
#include "src/model/column.h"
#include "src/promql/ast.h"

namespace gnomon::exec {

// What a binary operation yields at a step where both sides have a point.
struct BinaryRule {
  promql::BinaryOp op = promql::BinaryOp::Add;
  bool return_bool = false;
  // Which side's value a comparison without bool keeps.
  bool keep_right = false;
  model::PositionRange position;  // of the whole operation
};

// out[i] = left[i] op right[i]; absent where a side is absent or a comparison filters. `out` may
// be one of the operands.
void combine_floats(const BinaryRule& rule, std::span<const double> left,
                    std::span<const double> right, std::span<double> out);

// The same for columns, native histograms included; `out` is overwritten and must be neither side.
void combine_columns(const BinaryRule& rule, const model::Column& left, const model::Column& right,
                     model::Annotations& annotations, model::Column& out);

// + - * / % ^ atan2: the result is another quantity, so the metric name goes.
bool changes_quantity(promql::BinaryOp op);

// Every float with its sign turned, every histogram too.
void negate(model::Column& column);

}  // namespace gnomon::exec
