#include "tests/unit/functions/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gnomon::functions {
namespace {

using model::Sample;
using Samples = std::vector<Sample>;

void neumaier(double x, double& sum, double& c) {
  const double t = sum + x;
  if (std::isinf(t)) {
    c = 0;
  } else if (std::abs(sum) >= std::abs(x)) {
    c += (sum - t) + x;
  } else {
    c += (x - t) + sum;
  }
  sum = t;
}

double plain_sum(const Samples& samples) {
  double sum = 0, c = 0;
  for (const Sample& s : samples) neumaier(s.value, sum, c);
  return std::isinf(sum) ? sum : sum + c;
}

double plain_avg(const Samples& samples) {
  double sum = samples[0].value, count = 1, mean = 0, c = 0;
  bool incremental = false;
  for (size_t i = 1; i < samples.size(); ++i) {
    count = static_cast<double>(i + 1);
    if (!incremental) {
      double next = sum, next_c = c;
      neumaier(samples[i].value, next, next_c);
      if (!std::isinf(next)) {
        sum = next;
        c = next_c;
        continue;
      }
      incremental = true;
      mean = sum / (count - 1);
      c /= count - 1;
    }
    const double q = (count - 1) / count;
    mean = q * mean;
    c = q * c;
    neumaier(samples[i].value / count, mean, c);
  }
  return incremental ? mean + c : sum / count + c / count;
}

double plain_variance(const Samples& samples) {
  double count = 0, mean = 0, c_mean = 0, squares = 0, c_squares = 0;
  for (const Sample& s : samples) {
    count++;
    const double delta = s.value - (mean + c_mean);
    neumaier(delta / count, mean, c_mean);
    neumaier(delta * (s.value - (mean + c_mean)), squares, c_squares);
  }
  return (squares + c_squares) / count;
}

double plain_quantile(double q, std::vector<double> values) {
  if (std::isnan(q)) return NAN;
  if (q < 0) return -INFINITY;
  if (q > 1) return INFINITY;
  std::stable_sort(values.begin(), values.end(), [](double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
    return a < b;
  });
  const double rank = q * (static_cast<double>(values.size()) - 1);
  const auto low = static_cast<size_t>(std::floor(rank));
  const size_t high = std::min(values.size() - 1, low + 1);
  const double weight = rank - std::floor(rank);
  return values[low] * (1 - weight) + values[high] * weight;
}

std::vector<double> values_of(const Samples& samples) {
  std::vector<double> values;
  for (const Sample& s : samples) values.push_back(s.value);
  return values;
}

double plain_mad(const Samples& samples) {
  std::vector<double> values = values_of(samples);
  for (double v : values) {
    if (std::isnan(v)) return NAN;
  }
  const double median = plain_quantile(0.5, values);
  for (double& v : values) v = std::abs(v - median);
  return plain_quantile(0.5, values);
}

std::pair<double, double> plain_line(const Samples& samples, int64_t origin) {
  double n = 0, x_sum = 0, x_c = 0, y_sum = 0, y_c = 0, xy_sum = 0, xy_c = 0, xx_sum = 0, xx_c = 0;
  bool constant = true;
  for (const Sample& s : samples) {
    if (s.value != samples[0].value && &s != &samples[0]) constant = false;
    n += 1;
    const double x = static_cast<double>(s.time_ms - origin) / 1e3;
    neumaier(x, x_sum, x_c);
    neumaier(s.value, y_sum, y_c);
    neumaier(x * s.value, xy_sum, xy_c);
    neumaier(x * x, xx_sum, xx_c);
  }
  if (constant) {
    if (std::isinf(samples[0].value)) return {NAN, NAN};
    return {0, samples[0].value};
  }
  x_sum += x_c;
  y_sum += y_c;
  xy_sum += xy_c;
  xx_sum += xx_c;
  const double slope = (xy_sum - x_sum * y_sum / n) / (xx_sum - x_sum * x_sum / n);
  return {slope, y_sum / n - slope * x_sum / n};
}

double plain_extreme(const Samples& samples, bool max, bool last, bool time) {
  Sample best = samples[0];
  for (const Sample& s : samples) {
    const bool better = max ? s.value > best.value : s.value < best.value;
    if (better || (last && s.value == best.value) || std::isnan(best.value)) best = s;
  }
  return time ? static_cast<double>(best.time_ms) / 1000 : best.value;
}

std::optional<double> plain_rate(const PlainWindow& w, bool counter, bool per_second) {
  const Samples& s = w.samples;
  if (s.size() < 2) return std::nullopt;
  double result = s.back().value - s.front().value;
  for (size_t i = 1; counter && i < s.size(); ++i) {
    if (s[i].value < s[i - 1].value) result += s[i - 1].value;
  }
  double to_start = static_cast<double>(s.front().time_ms - w.start) / 1000;
  double to_end = static_cast<double>(w.end - s.back().time_ms) / 1000;
  const double sampled = static_cast<double>(s.back().time_ms - s.front().time_ms) / 1000;
  const double average = sampled / static_cast<double>(s.size() - 1);
  if (to_start >= average * 1.1) to_start = average / 2;
  if (counter && result > 0 && s.front().value >= 0) {
    to_start = std::min(to_start, sampled * (s.front().value / result));
  }
  if (to_end >= average * 1.1) to_end = average / 2;
  double factor = sampled == 0 ? 1 : (sampled + to_start + to_end) / sampled;
  if (per_second) factor /= static_cast<double>(w.end - w.start) / 1000;
  return result * factor;
}

std::optional<double> plain_last_two(const PlainWindow& w, bool rate) {
  const Samples& s = w.samples;
  if (s.size() < 2) return std::nullopt;
  const Sample &before = s[s.size() - 2], &last = s.back();
  double result = last.value;
  if (!rate || !(last.value < before.value)) result = last.value - before.value;
  return rate ? result / (static_cast<double>(last.time_ms - before.time_ms) / 1000) : result;
}

std::optional<double> plain_smoothing(const PlainWindow& w) {
  const Samples& s = w.samples;
  if (s.size() < 2) return std::nullopt;
  const double sf = w.argument, tf = w.second_argument;
  double s0 = 0, s1 = s[0].value, b = s[1].value - s[0].value;
  for (size_t i = 1; i < s.size(); ++i) {
    const double x = sf * s[i].value;
    if (i > 1) b = tf * (s1 - s0) + (1 - tf) * b;
    const double y = (1 - sf) * (s1 + b);
    s0 = s1;
    s1 = x + y;
  }
  return s1;
}

double plain_transitions(const Samples& s, bool resets) {
  double count = 0;
  for (size_t i = 1; i < s.size(); ++i) {
    const double a = s[i - 1].value, b = s[i].value;
    if (resets ? b < a : (a != b && !(std::isnan(a) && std::isnan(b)))) count++;
  }
  return count;
}

}  // namespace

std::optional<double> plain_rollup(std::string_view name, const PlainWindow& w) {
  const Samples& s = w.samples;
  if (name == "rate") return plain_rate(w, true, true);
  if (name == "increase") return plain_rate(w, true, false);
  if (name == "delta") return plain_rate(w, false, false);
  if (name == "irate") return plain_last_two(w, true);
  if (name == "idelta") return plain_last_two(w, false);
  if (name == "double_exponential_smoothing") return plain_smoothing(w);
  if (name == "deriv" || name == "predict_linear") {
    if (s.size() < 2) return std::nullopt;
    if (name == "deriv") return plain_line(s, s[0].time_ms).first;
    const auto [slope, intercept] = plain_line(s, w.end);
    return slope * w.argument + intercept;
  }
  if (s.empty()) return std::nullopt;
  if (name == "sum_over_time") return plain_sum(s);
  if (name == "avg_over_time") return plain_avg(s);
  if (name == "count_over_time") return static_cast<double>(s.size());
  if (name == "present_over_time") return 1;
  if (name == "first_over_time") return s.front().value;
  if (name == "last_over_time") return s.back().value;
  if (name == "ts_of_first_over_time") return static_cast<double>(s.front().time_ms) / 1000;
  if (name == "ts_of_last_over_time") return static_cast<double>(s.back().time_ms) / 1000;
  if (name == "max_over_time") return plain_extreme(s, true, false, false);
  if (name == "min_over_time") return plain_extreme(s, false, false, false);
  if (name == "ts_of_max_over_time") return plain_extreme(s, true, true, true);
  if (name == "ts_of_min_over_time") return plain_extreme(s, false, true, true);
  if (name == "stdvar_over_time") return plain_variance(s);
  if (name == "stddev_over_time") return std::sqrt(plain_variance(s));
  if (name == "quantile_over_time") return plain_quantile(w.argument, values_of(s));
  if (name == "mad_over_time") return plain_mad(s);
  if (name == "changes") return plain_transitions(s, false);
  if (name == "resets") return plain_transitions(s, true);
  ADD_FAILURE() << "no reference for " << name;
  return std::nullopt;
}

}  // namespace gnomon::functions
