#include "src/exec/arithmetic.h"

#include <cmath>

#include "src/exec/histogram_arithmetic.h"
#include "src/functions/go_math.h"

namespace gnomon::exec {

namespace {

using model::is_stale;
using model::kStale;
using promql::BinaryOp;

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
  auto run = [&](auto op) { each(left, right, out, op); };
  auto filter = [&](auto holds) { compare(rule, left, right, out, holds); };
  switch (rule.op) {
    case BinaryOp::Add:
      return run([](double l, double r) { return l + r; });
    case BinaryOp::Sub:
      return run([](double l, double r) { return l - r; });
    case BinaryOp::Mul:
      return run([](double l, double r) { return l * r; });
    case BinaryOp::Div:
      return run([](double l, double r) { return l / r; });
    case BinaryOp::Mod:
      return run([](double l, double r) { return std::fmod(l, r); });
    case BinaryOp::Pow:
      return run([](double l, double r) { return functions::go::pow(l, r); });
    case BinaryOp::Atan2:
      return run([](double l, double r) { return functions::go::atan2(l, r); });
    case BinaryOp::Eq:
      return filter([](double l, double r) { return l == r; });
    case BinaryOp::Ne:
      return filter([](double l, double r) { return l != r; });
    case BinaryOp::Gt:
      return filter([](double l, double r) { return l > r; });
    case BinaryOp::Lt:
      return filter([](double l, double r) { return l < r; });
    case BinaryOp::Ge:
      return filter([](double l, double r) { return l >= r; });
    case BinaryOp::Le:
      return filter([](double l, double r) { return l <= r; });
    case BinaryOp::And:
    case BinaryOp::Or:
    case BinaryOp::Unless:
    case BinaryOp::TrimUpper:
    case BinaryOp::TrimLower:
      return run([](double, double) { return kStale; });
  }
}

void combine_columns(const BinaryRule& rule, const model::Column& left, const model::Column& right,
                     StepRemarks& remarks, model::Column& out) {
  out.values.resize(left.values.size());
  out.histograms.clear();
  combine_floats(rule, left.values, right.values, out.values);
  const bool trims = trims_histograms(rule.op);
  if (left.histograms.empty() && right.histograms.empty() && !trims) return;
  for (size_t step = 0; step < out.steps(); ++step) {
    if (!left.has(step) || !right.has(step)) continue;
    if (!trims && left.has_float(step) && right.has_float(step)) continue;
    combine_with_histogram(rule, left, right, step, remarks, out);
  }
}

bool changes_quantity(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
    case BinaryOp::Sub:
    case BinaryOp::Mul:
    case BinaryOp::Div:
    case BinaryOp::Mod:
    case BinaryOp::Pow:
    case BinaryOp::Atan2:
      return true;
    case BinaryOp::Eq:
    case BinaryOp::Ne:
    case BinaryOp::Gt:
    case BinaryOp::Lt:
    case BinaryOp::Ge:
    case BinaryOp::Le:
    case BinaryOp::And:
    case BinaryOp::Or:
    case BinaryOp::Unless:
    case BinaryOp::TrimUpper:
    case BinaryOp::TrimLower:
      return false;
  }
  return false;
}

bool trims_histograms(BinaryOp op) {
  return op == BinaryOp::TrimUpper || op == BinaryOp::TrimLower;
}

void negate(model::Column& column) {
  for (double& v : column.values) {
    if (!is_stale(v)) v = -v;
  }
  for (auto& histogram : column.histograms) {
    if (histogram) histogram = negated(*histogram);
  }
}

}  // namespace gnomon::exec
