#pragma once

#include <span>
#include <string>
#include <vector>

#include "src/functions/operators.h"
#include "src/model/annotations.h"
#include "src/model/column.h"

namespace gnomon::exec {

// What a binary operation yields at a step where both sides have a point.
struct BinaryRule {
  functions::BinaryOp op = functions::BinaryOp::Add;
  bool return_bool = false;
  // Which side's value a comparison without bool keeps.
  bool keep_right = false;
  model::PositionRange position;  // of the whole operation
};

// The annotations of an operation: at each step that of the last of its elements that has one, as
// in Prometheus. Not for two threads at once.
class StepRemarks {
 public:
  void set(size_t step, model::Severity severity, std::string text);
  // To the query's annotations, once.
  void hand_over(model::PositionRange position, model::Annotations& annotations);

 private:
  struct Remark {
    model::Severity severity = model::Severity::Info;
    std::string text;  // empty: none
  };
  std::vector<Remark> remarks_;  // by step
};

// out[i] = left[i] op right[i]; absent where a side is absent or a comparison filters. `out` may
// be one of the operands.
void combine_floats(const BinaryRule& rule, std::span<const double> left,
                    std::span<const double> right, std::span<double> out);

// The same for columns, native histograms included; `out` is overwritten and must be neither side.
void combine_columns(const BinaryRule& rule, const model::Column& left, const model::Column& right,
                     StepRemarks& remarks, model::Column& out);

// One step of that, in histogram_arithmetic.cpp: at least one side has a native histogram there, or
// the operator trims (then two floats come here too). What has no meaning yields nothing and an
// info.
void combine_with_histogram(const BinaryRule& rule, const model::Column& left,
                            const model::Column& right, size_t step, StepRemarks& remarks,
                            model::Column& out);

// Every float with its sign turned, every histogram too.
void negate(model::Column& column);

}  // namespace gnomon::exec
