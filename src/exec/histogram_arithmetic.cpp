#include "src/exec/histogram_arithmetic.h"

#include "src/base/text.h"

namespace gnomon::exec {

void combine_with_histogram(const BinaryRule& rule, const model::Column& left,
                            const model::Column& right, size_t step,
                            model::Annotations& annotations, model::Column& out) {
  out.erase(step);
  auto kind = [&](const model::Column& column) {
    return column.has_histogram(step) ? "histogram" : "float";
  };
  std::string op(promql::binary_op_text(rule.op));
  annotations.add(model::Severity::Info,
                  "incompatible sample types encountered for binary operator " + base::quote(op) +
                      ": " + kind(left) + " " + op + " " + kind(right),
                  rule.position);
}

model::HistogramPtr negated(const model::Histogram& histogram) {
  auto out = std::make_shared<model::Histogram>(histogram);
  out->hint = model::CounterResetHint::Gauge;
  out->integer = false;
  out->zero_count = -out->zero_count;
  out->count = -out->count;
  out->sum = -out->sum;
  for (double& bucket : out->positive_buckets) bucket = -bucket;
  for (double& bucket : out->negative_buckets) bucket = -bucket;
  return out;
}

}  // namespace gnomon::exec
