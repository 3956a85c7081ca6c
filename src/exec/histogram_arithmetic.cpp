#include "src/exec/arithmetic.h"

#include "src/base/text.h"
#include "src/functions/histogram_ops.h"

namespace gnomon::exec {

namespace {

using functions::BinaryOp;
using model::Histogram;
using model::Severity;

// One side at one step: a histogram, or a float when there is none.
struct Operand {
  const Histogram* histogram = nullptr;
  double value = 0;

  const char* kind() const { return histogram ? "histogram" : "float"; }
};

Operand operand_at(const model::Column& column, size_t step) {
  if (column.has_histogram(step)) return {column.histograms[step].get(), 0};
  return {nullptr, column.values[step]};
}

std::string incompatible(const BinaryRule& rule, const Operand& left, const Operand& right) {
  std::string op(functions::binary_op_text(rule.op));
  return "incompatible sample types encountered for binary operator " + base::quote(op) + ": " +
         left.kind() + " " + op + " " + right.kind();
}

// Where counter resets contradict each other Prometheus warns and has no result.
model::HistogramPtr add_or_subtract(const BinaryRule& rule, const Histogram& left,
                                    const Histogram& right, size_t step, StepRemarks& remarks) {
  const bool adds = rule.op == BinaryOp::Add;
  auto result = adds ? functions::add(left, right) : functions::subtract(left, right);
  const std::string noun = adds ? "addition" : "subtraction";
  if (!result.histogram) {
    remarks.set(step, Severity::Warning,
                std::string("incompatible bucket layout encountered for binary operator ") +
                    (adds ? "+" : "-"));
  } else if (result.conflicting_resets) {
    remarks.set(step, Severity::Warning, "conflicting counter resets during histogram " + noun);
    return nullptr;
  } else if (result.reconciled_bounds) {
    remarks.set(step, Severity::Info, "mismatched custom buckets were reconciled during " + noun);
  }
  return result.histogram;
}

// The histogram that the operation yields; null when it yields none. `known` is false when the
// operation has no meaning for these operands.
model::HistogramPtr combine(const BinaryRule& rule, const Operand& left, const Operand& right,
                            size_t step, StepRemarks& remarks, bool& known) {
  bool both = left.histogram && right.histogram;
  bool left_only = left.histogram && !right.histogram;
  known = true;
  switch (rule.op) {
    case BinaryOp::Add:
    case BinaryOp::Sub:
      if (both) return add_or_subtract(rule, *left.histogram, *right.histogram, step, remarks);
      break;
    case BinaryOp::Mul:
      if (left_only) return functions::multiply(*left.histogram, right.value);
      if (!both && right.histogram) return functions::multiply(*right.histogram, left.value);
      break;
    case BinaryOp::Div:
      if (left_only) return functions::divide(*left.histogram, right.value);
      break;
    case BinaryOp::TrimUpper:
      if (left_only) return functions::trim_above(*left.histogram, right.value);
      break;
    case BinaryOp::TrimLower:
      if (left_only) return functions::trim_below(*left.histogram, right.value);
      break;
    default:
      break;
  }
  known = false;
  return nullptr;
}

}  // namespace

void combine_with_histogram(const BinaryRule& rule, const model::Column& left,
                            const model::Column& right, size_t step, StepRemarks& remarks,
                            model::Column& out) {
  out.erase(step);
  Operand l = operand_at(left, step), r = operand_at(right, step);
  bool equality = rule.op == BinaryOp::Eq || rule.op == BinaryOp::Ne;
  if (equality && l.histogram && r.histogram) {
    bool holds = functions::equals(*l.histogram, *r.histogram) == (rule.op == BinaryOp::Eq);
    if (rule.return_bool) {
      out.values[step] = holds ? 1 : 0;
    } else if (holds) {
      out.set_histogram(step, left.histograms[step]);
    }
    return;
  }
  bool known = false;
  auto histogram = combine(rule, l, r, step, remarks, known);
  if (!known) remarks.set(step, Severity::Info, incompatible(rule, l, r));
  if (histogram) out.set_histogram(step, std::move(histogram));
}

}  // namespace gnomon::exec
