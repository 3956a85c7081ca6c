#include <cmath>
#include <cstdio>

#include "src/functions/families.h"
#include "src/functions/kahan.h"
#include "src/functions/remarks.h"
#include "src/functions/windows.h"

namespace gnomon::functions {
namespace {

using model::Column;

struct Line {
  double slope = 0;
  double intercept = 0;
};

// linearRegression of Prometheus' promql/functions.go. The sums of least squares: of x (seconds
// since the origin), y, xy and xx.
template <typename T>
struct RegressionFold {
  Kahan<T> x, y, xy, xx;

  GNOMON_INLINE void add(const T& at, const T& value) {
    x.add(at);
    y.add(value);
    xy.add(at * value);
    xx.add(at * at);
  }
  GNOMON_INLINE RegressionFold<double> lane(size_t j) const {
    return {{x.sum[j], x.c[j]}, {y.sum[j], y.c[j]}, {xy.sum[j], xy.c[j]}, {xx.sum[j], xx.c[j]}};
  }
  Line line(double n) const {
    const double sum_x = x.value(), sum_y = y.value();
    const double covariance = xy.value() - sum_x * sum_y / n;
    const double variance = xx.value() - sum_x * sum_x / n;
    const double slope = covariance / variance;
    return {slope, sum_y / n - slope * sum_x / n};
  }
};

double x_of(int64_t time, int64_t origin) { return static_cast<double>(time - origin) / 1e3; }

// For each window the line of least squares, with its origin at origin[step].
GNOMON_CLONES void fit_four(const int64_t* times, const double* values, const size_t* begin,
                            const int64_t* origin, size_t together, RegressionFold<double>* out) {
  RegressionFold<Vec> four;
  for (size_t k = 0; k < together; ++k) {
    Vec at, value;
    for (size_t j = 0; j < kLanes; ++j) {
      at[j] = static_cast<double>(times[begin[j] + k] - origin[j]);
      value[j] = values[begin[j] + k];
    }
    four.add(at / 1e3, value);
  }
  for (size_t j = 0; j < kLanes; ++j) out[j] = four.lane(j);
}

// A flat line through values that are all equal, which the sums would give only nearly.
bool constant(std::span<const double> values, Line& line) {
  for (double v : values.subspan(1)) {
    if (v != values[0]) return false;
  }
  line = std::isinf(values[0]) ? Line{model::kNaN, model::kNaN} : Line{0, values[0]};
  return true;
}

// Collects windows of at least two floats, fits them four at a time and calls emit(step, line).
template <typename Emit>
class Fitter {
 public:
  Fitter(const RollupInput& input, Emit emit) : input_(input), emit_(emit) {}
  ~Fitter() { flush(); }

  void add(size_t step, size_t begin, size_t end, int64_t origin) {
    Line line;
    if (constant(input_.values.subspan(begin, end - begin), line)) return emit_(step, line);
    step_[count_] = step;
    begin_[count_] = begin;
    end_[count_] = end;
    origin_[count_] = origin;
    if (++count_ == kLanes) flush();
  }

 private:
  void flush() {
    RegressionFold<double> folds[kLanes];
    size_t together = 0;
    if (count_ == kLanes) {
      together = end_[0] - begin_[0];
      for (size_t j = 1; j < kLanes; ++j) together = std::min(together, end_[j] - begin_[j]);
      fit_four(input_.times.data(), input_.values.data(), begin_, origin_, together, folds);
    }
    for (size_t j = 0; j < count_; ++j) {
      for (size_t i = begin_[j] + together; i < end_[j]; ++i) {
        folds[j].add(x_of(input_.times[i], origin_[j]), input_.values[i]);
      }
      emit_(step_[j], folds[j].line(static_cast<double>(end_[j] - begin_[j])));
    }
    count_ = 0;
  }

  const RollupInput& input_;
  Emit emit_;
  size_t count_ = 0;
  size_t step_[kLanes], begin_[kLanes], end_[kLanes];
  int64_t origin_[kLanes];
};

void deriv(const RollupInput& input, const RollupContext& context, Column& out) {
  {
    Fitter fitter(input, [&](size_t step, const Line& line) { out.values[step] = line.slope; });
    for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
      if (end - begin < 2) return;
      fitter.add(step, begin, end, input.times[begin]);
    });
  }
  remark_ignored_histograms(input, context);
}

void predict_linear(const RollupInput& input, const RollupContext& context, Column& out) {
  {
    Fitter fitter(input, [&](size_t step, const Line& line) {
      out.values[step] = line.slope * context.scalars[0][step] + line.intercept;
    });
    for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
      if (end - begin < 2) return;
      fitter.add(step, begin, end, context.eval_grid.at(step));
    });
  }
  remark_ignored_histograms(input, context);
}

// Holt's linear method, as funcDoubleExponentialSmoothing has it.
double smooth(std::span<const double> values, double smoothing, double trend_factor) {
  double previous = 0;
  double current = values[0];
  double trend = values[1] - values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    if (i > 1) trend = trend_factor * (current - previous) + (1 - trend_factor) * trend;
    const double x = smoothing * values[i];
    const double y = (1 - smoothing) * (current + trend);
    previous = current;
    current = x + y;
  }
  return current;
}

void double_exponential_smoothing(const RollupInput& input, const RollupContext& context,
                                  Column& out) {
  for_each_float_window(input.times, context, [&](size_t step, size_t begin, size_t end) {
    if (end - begin < 2) return;
    out.values[step] = smooth(input.values.subspan(begin, end - begin), context.scalars[0][step],
                              context.scalars[1][step]);
  });
  remark_ignored_histograms(input, context);
}

// Go's %f.
std::string six_decimals(double v) {
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char text[400];
  std::snprintf(text, sizeof text, "%f", v);
  return text;
}

// Factors outside (0, 1).
std::string check_smoothing(std::span<const double> scalars) {
  auto inside = [](double factor) { return !(factor <= 0 || factor >= 1); };
  if (!inside(scalars[0])) {
    return "invalid smoothing factor. Expected: 0 < sf < 1, got: " + six_decimals(scalars[0]);
  }
  if (!inside(scalars[1])) {
    return "invalid trend factor. Expected: 0 < tf < 1, got: " + six_decimals(scalars[1]);
  }
  return "";
}

constexpr ValueType kPredict[] = {ValueType::RangeVector, ValueType::Scalar};
constexpr ValueType kSmoothing[] = {ValueType::RangeVector, ValueType::Scalar, ValueType::Scalar};

constexpr Function kRows[] = {
    {.name = "deriv",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .rollup = deriv,
     .documentation = "Slope per second of the line of least squares through the range."},
    {.name = "double_exponential_smoothing",
     .arguments = kSmoothing,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .rollup = double_exponential_smoothing,
     .check_arguments = check_smoothing,
     .documentation = "Smoothed value with a smoothing and a trend factor."},
    {.name = "predict_linear",
     .arguments = kPredict,
     .shape = Shape::Rollup,
     .rollup = predict_linear,
     .time_dependent = true,
     .documentation = "Value so many seconds ahead on the line of least squares."},
};

}  // namespace

std::span<const Function> regression_family() { return kRows; }

}  // namespace gnomon::functions
