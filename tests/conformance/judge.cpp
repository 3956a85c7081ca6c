#include "tests/conformance/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "src/base/text.h"

namespace gnomon::conformance {
namespace {

// As Prometheus' own runner compares: relative 1e-6, any NaN equals any NaN.
bool close(double a, double b) {
  constexpr double kEpsilon = 1e-6;
  constexpr double kMinNormal = std::numeric_limits<double>::min();
  if ((std::isnan(a) && std::isnan(b)) || a == b) return true;
  const double sum = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  if (a == 0 || b == 0 || sum < kMinNormal) return difference < kEpsilon * kMinNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kEpsilon;
}

std::vector<model::Bucket> populated(const model::Histogram& histogram) {
  std::vector<model::Bucket> buckets = model::all_buckets(histogram);
  std::erase_if(buckets, [](const model::Bucket& bucket) { return bucket.count == 0; });
  return buckets;
}

bool close(const model::Histogram& a, const model::Histogram& b) {
  if (!close(a.count, b.count) || !close(a.sum, b.sum)) return false;
  const auto left = populated(a), right = populated(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const model::Bucket& x, const model::Bucket& y) {
                      return close(x.lower, y.lower) && close(x.upper, y.upper) &&
                             close(x.count, y.count) && x.lower_inclusive == y.lower_inclusive &&
                             x.upper_inclusive == y.upper_inclusive;
                    });
}

std::string text_of(double value, const model::HistogramPtr& histogram) {
  return histogram ? model::to_string(*histogram) : base::format_float(value);
}

bool same(const Item& expected, double value, const model::HistogramPtr& histogram) {
  if ((expected.histogram != nullptr) != (histogram != nullptr)) return false;
  return histogram ? close(*expected.histogram, *histogram) : close(expected.value, value);
}

struct Point {
  int64_t time_ms = 0;
  double value = 0;
  model::HistogramPtr histogram;
};

struct Series {
  model::Labels labels;
  std::vector<Point> points;
};

std::vector<Point> points_of(const model::GridMatrix& matrix, const model::Column& column) {
  std::vector<Point> points;
  for (size_t step = 0; step < column.steps(); ++step) {
    if (!column.has(step)) continue;
    points.push_back({matrix.grid.at(step), column.values[step],
                      column.has_histogram(step) ? column.histograms[step] : nullptr});
  }
  return points;
}

std::vector<Point> points_of(const model::SampleBlock& block) {
  std::vector<Point> points;
  for (size_t i = 0; i < block.times.size(); ++i) {
    points.push_back({block.times[i], block.values[i], nullptr});
  }
  for (const auto& sample : block.histograms) {
    points.push_back({sample.time_ms, 0, sample.histogram});
  }
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.time_ms < b.time_ms; });
  return points;
}

std::vector<Series> series_of(const model::Value& value) {
  std::vector<Series> found;
  if (const auto* vector = std::get_if<model::Vector>(&value)) {
    for (const auto& element : *vector) {
      found.push_back({element.labels, {{element.time_ms, element.value, element.histogram}}});
    }
  } else if (const auto* matrix = std::get_if<model::GridMatrix>(&value)) {
    for (const auto& one : matrix->series) {
      found.push_back({one.labels, points_of(*matrix, one.column)});
    }
  } else if (const auto* raw = std::get_if<model::RawMatrix>(&value)) {
    for (const auto& one : *raw) found.push_back({one.labels, points_of(one.samples)});
  }
  return found;
}

std::vector<std::pair<int64_t, Item>> expected_points(const Eval& eval, const SeriesLine& line,
                                                      bool instant) {
  std::vector<std::pair<int64_t, Item>> points;
  if (instant) {
    points.emplace_back(eval.grid.start_ms,
                        line.items.empty() ? Item{true, 0, nullptr} : line.items[0]);
    return points;
  }
  for (size_t i = 0; i < line.items.size(); ++i) {
    if (line.items[i].present) points.emplace_back(eval.grid.at(i), line.items[i]);
  }
  return points;
}

std::string compare_points(const std::vector<std::pair<int64_t, Item>>& expected,
                           const Series& series) {
  const std::string name = model::to_string(series.labels);
  for (size_t i = 0; i < std::max(expected.size(), series.points.size()); ++i) {
    if (i >= series.points.size()) {
      return name + " has no point at " + std::to_string(expected[i].first) + " ms, expected " +
             text_of(expected[i].second.value, expected[i].second.histogram);
    }
    const Point& point = series.points[i];
    const std::string got =
        text_of(point.value, point.histogram) + " at " + std::to_string(point.time_ms) + " ms";
    if (i >= expected.size()) return name + " has a further point " + got;
    const Item& item = expected[i].second;
    if (expected[i].first != point.time_ms || !same(item, point.value, point.histogram)) {
      return name + " is " + got + ", expected " + text_of(item.value, item.histogram) + " at " +
             std::to_string(expected[i].first) + " ms";
    }
  }
  return {};
}

std::string compare_series(const Eval& eval, const std::vector<Series>& got, bool instant,
                           bool ordered) {
  std::map<model::Labels, size_t> wanted;
  for (size_t i = 0; i < eval.series.size(); ++i) wanted[eval.series[i].labels] = i;
  std::vector<bool> seen(eval.series.size());
  for (size_t i = 0; i < got.size(); ++i) {
    const auto found = wanted.find(got[i].labels);
    if (found == wanted.end()) return "unexpected series " + model::to_string(got[i].labels);
    if (seen[found->second]) return model::to_string(got[i].labels) + " is there twice";
    seen[found->second] = true;
    if (ordered && found->second != i) {
      return model::to_string(got[i].labels) + " is at place " + std::to_string(i + 1);
    }
    const std::string wrong =
        compare_points(expected_points(eval, eval.series[found->second], instant), got[i]);
    if (!wrong.empty()) return wrong;
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) return "missing series " + model::to_string(eval.series[i].labels);
  }
  return {};
}

// Every message fits an expectation and every expectation has a message.
std::string compare_messages(const char* kind, const std::vector<Pattern>& expected, bool none,
                             const std::vector<std::string>& got) {
  if (none && !got.empty()) return std::string("unexpected ") + kind + ": " + got[0];
  for (const Pattern& pattern : expected) {
    if (std::none_of(got.begin(), got.end(),
                     [&](const std::string& message) { return pattern.matches(message); })) {
      return std::string("no ") + kind + " like \"" + pattern.text + "\"" +
             (got.empty() ? "" : ", but: " + got[0]);
    }
  }
  for (const std::string& message : got) {
    if (!expected.empty() &&
        std::none_of(expected.begin(), expected.end(),
                     [&](const Pattern& pattern) { return pattern.matches(message); })) {
      return std::string("unexpected ") + kind + ": " + message;
    }
  }
  return {};
}

std::string judge_failure(const Eval& eval, const Result<engine::QueryAnswer>& answer) {
  if (answer.ok()) return "it should fail";
  for (const Pattern& pattern : eval.failures) {
    if (!pattern.text.empty() && !pattern.matches(answer.error().message)) {
      return "the error is \"" + answer.error().message + "\", expected " + pattern.text;
    }
  }
  return {};
}

std::string judge_value(const Eval& eval, const model::Value& value) {
  if (const auto* scalar = std::get_if<model::Scalar>(&value)) {
    if (!eval.scalar) return "a scalar";
    return close(*eval.scalar, scalar->value) ? "" : "it is " + base::format_float(scalar->value);
  }
  if (const auto* string = std::get_if<model::String>(&value)) {
    return eval.string == string->value ? "" : "it is the string " + base::quote(string->value);
  }
  if (eval.scalar || eval.string) return "not a scalar or string";
  const bool nothing_expected = eval.series.empty();  // what kind of nothing is not said
  if (!nothing_expected && eval.range_vector != std::holds_alternative<model::RawMatrix>(value)) {
    return "a range vector where none is expected, or none where one is";
  }
  const std::vector<Series> got = series_of(value);
  if (eval.range && !std::is_sorted(got.begin(), got.end(), [](const auto& a, const auto& b) {
        return a.labels < b.labels;
      })) {
    return "the series are not sorted";
  }
  return compare_series(eval, got, std::holds_alternative<model::Vector>(value), eval.ordered);
}

}  // namespace

std::string judge(const Eval& eval, const Result<engine::QueryAnswer>& answer) {
  if (eval.fails) return judge_failure(eval, answer);
  if (!answer.ok()) return "error: " + answer.error().message;
  std::string wrong = judge_value(eval, answer->value);
  if (wrong.empty()) {
    wrong = compare_messages("warning", eval.warnings, eval.no_warnings,
                             answer->annotations.warnings(eval.expression));
  }
  if (wrong.empty()) {
    wrong = compare_messages("info", eval.infos, eval.no_infos,
                             answer->annotations.infos(eval.expression));
  }
  return wrong;
}

std::string judge_middle(const Eval& eval, const Result<engine::QueryAnswer>& answer) {
  if (!answer.ok()) return "as a range query: " + answer.error().message;
  std::vector<Series> middle;
  for (Series& series : series_of(answer->value)) {
    std::erase_if(series.points,
                  [&](const Point& point) { return point.time_ms != eval.grid.start_ms; });
    if (!series.points.empty()) middle.push_back(std::move(series));
  }
  std::string wrong;
  if (eval.scalar) {
    const bool right = middle.size() == 1 && close(middle[0].points[0].value, *eval.scalar);
    wrong = right ? "" : "not the scalar";
  } else {
    wrong = compare_series(eval, middle, true, false);
  }
  return wrong.empty() ? "" : "as the middle of a range query: " + wrong;
}

}  // namespace gnomon::conformance
