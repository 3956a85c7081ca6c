#include "tests/differential/query.h"

#include <algorithm>

namespace gnomon::differential {

using functions::Function;
using functions::Shape;
using functions::Stability;

namespace {

// Later than 3.5, or with answers that changed since.
constexpr std::string_view kNewer[] = {
    "end",   "first_over_time", "histogram_quantiles", "max_of", "min_of",
    "range", "start",           "start_timestamp",     "step",   "ts_of_first_over_time",
};

bool is_newer(std::string_view name) {
  return std::find(std::begin(kNewer), std::end(kNewer), name) != std::end(kNewer);
}

}  // namespace

QueryMaker::QueryMaker(Random& random, const Data& data, QueryOptions options)
    : random_(random), data_(data), options_(options) {
  for (const Function* function : functions::all_functions()) {
    if (!options.prometheus35 || !is_newer(function->name)) functions_.push_back(function);
  }
}

Query QueryMaker::make() {
  Query query;
  subqueries_ = 0;
  instant_ = query.instant = random_.chance(40);
  const int64_t length = data_.end_ms - data_.start_ms;
  const int64_t start = data_.start_ms + random_.between(-length / 20, length * 21 / 20);
  static constexpr int64_t kSteps[] = {1'000,  7'000,  15'000,  30'000,
                                       60'000, 60'000, 300'000, 600'000};
  const int64_t step = random_.pick(kSteps);
  // Often on a whole minute, as dashboards ask.
  const int64_t aligned = random_.chance(60) ? start - start % 60'000 : start;
  query.grid = query.instant ? model::TimeGrid::instant(aligned)
                             : model::TimeGrid{aligned,
                                               aligned + random_.between(0, 50) * step +
                                                   (random_.chance(20) ? step / 3 : 0),
                                               step};
  const int depth = static_cast<int>(random_.between(1, 4));
  if (query.instant && random_.chance(4)) {
    query.text = matrix(Want::Any, false, false);
  } else if (random_.chance(4)) {
    query.text = scalar(depth);
  } else {
    query.text = vector(depth, Want::Any);
  }
  return query;
}

std::string QueryMaker::vector(int depth, Want want) {
  if (depth <= 0) return selector(want);
  if (want == Want::Buckets) {
    if (random_.chance(30)) return selector(want);
    if (random_.chance(50)) return rollup(depth - 1, want);
    return "sum by (le" + std::string(random_.chance(60) ? ", job" : "") + ") (" +
           vector(depth - 1, want) + ")";
  }
  switch (random_.below(14)) {
    case 0:
      return selector(want);
    case 1:
    case 2:
      return rollup(depth - 1, want);
    case 3:
    case 4:
      return aggregate(depth - 1, want);
    case 5:
    case 6:
      return binary(depth - 1, want);
    case 7:
      return scalar_binary(depth - 1, want);
    case 8:
      if (want == Want::Native) return rollup(depth - 1, want);
      return set_operation(depth - 1);
    case 9:
      if (want == Want::Native) return trim(depth - 1);
      return aggregate_with_parameter(depth - 1);
    case 10:
      return (random_.chance(80) ? "-(" : "+(") + vector(depth - 1, want) + ")";
    default:
      return call(depth - 1, want);
  }
}

std::string QueryMaker::operand(int depth, Want want) {
  const std::string text = vector(depth, want);
  return random_.chance(95) ? "(" + text + ")" : text;
}

std::string QueryMaker::scalar(int depth) {
  if (depth <= 0) return number();
  switch (random_.below(8)) {
    case 0:
      return "scalar(" + vector(depth - 1, Want::Any) + ")";
    case 1: {
      static const std::string kOps[] = {"+",      "-",       "*",       "/",       "%",
                                         "^",      "atan2",   "== bool", "!= bool", "> bool",
                                         "< bool", ">= bool", "<= bool"};
      return "(" + scalar(depth - 1) + " " + random_.pick(kOps) + " " + scalar(depth - 1) + ")";
    }
    case 2:
      return "-(" + scalar(depth - 1) + ")";
    case 3: {
      const Function& scalar_function = function(Shape::Scalar);
      return call_of(scalar_function, depth - 1);
    }
    case 4: {
      static const std::string kNewest[] = {"time()", "start()", "end()", "range()", "step()"};
      return options_.prometheus35 ? "time()" : random_.pick(kNewest);
    }
    default:
      return number();
  }
}

std::string QueryMaker::label_list() {
  static const std::string kLabels[] = {"job", "instance", "zone",    "version",      "region",
                                        "le",  "__name__", "nolabel", "\"odd.label\""};
  std::string text;
  const uint64_t count = random_.below(4);
  for (uint64_t i = 0; i < count; ++i) {
    // The first ones are those that make sense.
    const size_t label = random_.chance(75) ? random_.below(2) : random_.below(std::size(kLabels));
    text += (i > 0 ? ", " : "") + kLabels[label];
  }
  return "(" + text + ")";
}

std::string QueryMaker::grouping() {
  if (random_.chance(25)) return "";
  return (random_.chance(65) ? " by " : " without ") + label_list() + " ";
}

std::string QueryMaker::aggregate(int depth, Want want) {
  static const std::string kOps[] = {"sum", "sum", "avg",   "avg",    "count",
                                     "min", "max", "group", "stddev", "stdvar"};
  const std::string op =
      want == Want::Native ? (random_.chance(60) ? "sum" : "avg") : random_.pick(kOps);
  return op + grouping() + "(" + vector(depth, want) + ")";
}

std::string QueryMaker::aggregate_with_parameter(int depth) {
  static const std::string kOps[] = {"topk",         "bottomk", "quantile",
                                     "count_values", "limitk",  "limit_ratio"};
  const std::string op = random_.pick(kOps);
  std::string parameter;
  if (op == "count_values") {
    static const std::string kLabels[] = {"\"value\"", "\"job\"", "\"odd.label\"", "\"\""};
    parameter = kLabels[random_.chance(80) ? 0 : random_.below(std::size(kLabels))];
  } else if (op == "quantile") {
    parameter = quantile();
  } else if (op == "limit_ratio") {
    static const std::string kRatios[] = {"0.5", "-0.5", "0.1", "-0.9", "0", "1", "-1", "1.1"};
    parameter = random_.pick(kRatios);
  } else {
    parameter = random_.chance(85) ? std::to_string(random_.below(6)) : scalar(1);
  }
  return op + grouping() + "(" + parameter + ", " + vector(depth, Want::Any) + ")";
}

std::string QueryMaker::fill() {
  if (options_.prometheus35 || random_.chance(85)) return "";
  static const std::string kFills[] = {" fill(0)", " fill_left(1)", " fill_right(-2)",
                                       " fill_left(0) fill_right(5)", " fill(NaN)"};
  return random_.pick(kFills);
}

std::string QueryMaker::matching(bool& many_left, bool& many_right) {
  if (random_.chance(25)) return "";
  std::string text = (random_.chance(60) ? " on " : " ignoring ") + label_list();
  many_left = random_.chance(25);
  many_right = !many_left && random_.chance(20);
  if (many_left) text += " group_left " + (random_.chance(50) ? label_list() : "()");
  if (many_right) text += " group_right " + (random_.chance(50) ? label_list() : "()");
  return text;
}

std::string QueryMaker::binary(int depth, Want want) {
  static const std::string kOps[] = {"+",  "-",  "*", "/", "%",  "^", "atan2",
                                     "==", "!=", ">", "<", ">=", "<="};
  std::string op = want == Want::Native ? (random_.chance(60) ? "+" : "-") : random_.pick(kOps);
  const bool comparison = op == "==" || op == "!=" || op[0] == '>' || op[0] == '<';
  if (comparison && random_.chance(40)) op += " bool";
  bool many_left = false, many_right = false;
  const std::string match = matching(many_left, many_right);
  std::string left = operand(depth, want);
  std::string right = operand(depth, want);
  // One side that is unique makes most many-to-one matches succeed.
  if (many_left && random_.chance(70))
    right = "max by (job) " + (right[0] == '(' ? right : "(" + right + ")");
  if (many_right && random_.chance(70))
    left = "min by (job) " + (left[0] == '(' ? left : "(" + left + ")");
  return left + " " + op + match + fill() + " " + right;
}

std::string QueryMaker::scalar_binary(int depth, Want want) {
  static const std::string kOps[] = {"+",  "-",  "*", "/", "%",  "^", "atan2",
                                     "==", "!=", ">", "<", ">=", "<="};
  std::string op = want == Want::Native ? (random_.chance(60) ? "*" : "/") : random_.pick(kOps);
  const bool comparison = op == "==" || op == "!=" || op[0] == '>' || op[0] == '<';
  if (comparison && random_.chance(40)) op += " bool";
  const std::string one = operand(depth, want);
  const std::string other = scalar(depth);
  if (want == Want::Native || random_.chance(60)) return one + " " + op + " " + other;
  return other + " " + op + " " + one;
}

std::string QueryMaker::trim(int depth) {
  if (options_.prometheus35) return rollup(depth, Want::Native);
  return operand(depth, Want::Native) + (random_.chance(50) ? " </ " : " >/ ") + scalar(depth);
}

std::string QueryMaker::set_operation(int depth) {
  static const std::string kOps[] = {"and", "or", "unless"};
  std::string text = operand(depth, Want::Any) + " " + random_.pick(kOps);
  if (random_.chance(70)) text += (random_.chance(60) ? " on " : " ignoring ") + label_list();
  return text + " " + operand(depth, Want::Any);
}

const Function& QueryMaker::function(Shape shape) {
  while (true) {
    const Function& found = *random_.pick(functions_);
    if (found.shape == shape) return found;
  }
}

}  // namespace gnomon::differential
