#include "src/exec/arithmetic.h"

#include <algorithm>

#include "src/functions/float_operators.h"
#include "src/functions/histogram_ops.h"

namespace gnomon::exec {

namespace {

using model::is_stale;
using model::kStale;

template <typename Op>
void each(std::span<const double> left, std::span<const double> right, std::span<double> out,
          Op op) {
  for (size_t i = 0; i < out.size(); ++i) {
    double l = left[i], r = right[i];
    out[i] = is_stale(l) || is_stale(r) ? kStale : op(l, r);
  }
}

template <typename Holds>
void compare(const BinaryRule& rule, std::span<const double> left, std::span<const double> right,
             std::span<double> out, Holds holds) {
  if (rule.return_bool) {
    each(left, right, out, [&](double l, double r) { return holds(l, r) ? 1.0 : 0.0; });
  } else if (rule.keep_right) {
    each(left, right, out, [&](double l, double r) { return holds(l, r) ? r : kStale; });
  } else {
    each(left, right, out, [&](double l, double r) { return holds(l, r) ? l : kStale; });
  }
}

}  // namespace

void StepRemarks::set(size_t step, model::Severity severity, std::string text) {
  if (remarks_.size() <= step) remarks_.resize(step + 1);
  remarks_[step] = {severity, std::move(text)};
}

void StepRemarks::hand_over(model::PositionRange position, model::Annotations& annotations) {
  for (Remark& remark : remarks_) {
    if (!remark.text.empty()) annotations.add(remark.severity, std::move(remark.text), position);
  }
  remarks_.clear();
}

void combine_floats(const BinaryRule& rule, std::span<const double> left,
                    std::span<const double> right, std::span<double> out) {
  functions::with_float_operator(
      rule.op, [&](auto number) { each(left, right, out, number); },
      [&](auto holds) { compare(rule, left, right, out, holds); },
      [&] { std::fill(out.begin(), out.end(), kStale); });
}

void combine_columns(const BinaryRule& rule, const model::Column& left, const model::Column& right,
                     StepRemarks& remarks, model::Column& out) {
  out.values.resize(left.values.size());
  out.histograms.clear();
  combine_floats(rule, left.values, right.values, out.values);
  const bool trims = functions::is_trim(rule.op);
  if (left.histograms.empty() && right.histograms.empty() && !trims) return;
  for (size_t step = 0; step < out.steps(); ++step) {
    if (!left.has(step) || !right.has(step)) continue;
    if (!trims && left.has_float(step) && right.has_float(step)) continue;
    combine_with_histogram(rule, left, right, step, remarks, out);
  }
}

void negate(model::Column& column) {
  for (double& v : column.values) {
    if (!is_stale(v)) v = -v;
  }
  for (auto& histogram : column.histograms) {
    if (histogram) histogram = functions::negate(*histogram);
  }
}

}  // namespace gnomon::exec
