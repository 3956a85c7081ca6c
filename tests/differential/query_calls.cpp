#include <algorithm>

#include "src/base/text.h"
#include "tests/differential/query.h"

namespace gnomon::differential {

using functions::Function;
using functions::Shape;
using functions::ValueType;

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string QueryMaker::call(int depth, Want want) {
  if (want == Want::Native) return rollup(depth, want);
  switch (random_.below(8)) {
    case 0:
      return label_call(depth);
    case 1:
      return quantile_call(depth);
    case 2:
      return native_call(depth);
    case 3:
      return random_.chance(50) ? info_call(depth) : rollup(depth, want);
    default: {
      const Function* found = nullptr;
      do found = random_.pick(functions_);
      while (found->returns != ValueType::InstantVector);
      return call_of(*found, depth);
    }
  }
}

std::string QueryMaker::rollup(int depth, Want want) {
  if (want == Want::Native) {
    static const std::string kNames[] = {"rate",          "increase",      "delta",
                                         "irate",         "idelta",        "sum_over_time",
                                         "avg_over_time", "last_over_time"};
    const Function& found = *functions::find_function(random_.pick(kNames));
    return std::string(found.name) + "(" + range(depth, want, found) + ")";
  }
  if (want == Want::Buckets) {
    const Function& found = *functions::find_function(random_.chance(50) ? "rate" : "increase");
    return std::string(found.name) + "(" + range(depth, want, found) + ")";
  }
  if (random_.chance(30)) {
    static const std::string kNames[] = {"rate",          "increase",      "sum_over_time",
                                         "avg_over_time", "max_over_time", "count_over_time"};
    return call_of(*functions::find_function(random_.pick(kNames)), depth);
  }
  return call_of(function(Shape::Rollup), depth);
}

std::string QueryMaker::native_call(int depth) {
  static const std::string kNames[] = {
      "histogram_count",  "histogram_sum",      "histogram_avg",     "histogram_stddev",
      "histogram_stdvar", "histogram_fraction", "histogram_quantile"};
  const std::string name = random_.pick(kNames);
  std::string parameters;
  if (name == "histogram_fraction") parameters = number() + ", " + number() + ", ";
  if (name == "histogram_quantile") parameters = quantile() + ", ";
  return name + "(" + parameters + vector(depth, Want::Native) + ")";
}

std::string QueryMaker::quantile_call(int depth) {
  const Want want = random_.chance(60) ? Want::Buckets : Want::Native;
  const std::string argument = vector(depth, want);
  if (random_.chance(25)) {
    return "histogram_fraction(" + number() + ", " + number() + ", " + argument + ")";
  }
  if (!options_.prometheus35 && random_.chance(25)) {
    return "histogram_quantiles(" + argument + ", \"q\", " + quantile() + ", " + quantile() + ")";
  }
  return "histogram_quantile(" + quantile() + ", " + argument + ")";
}

std::string QueryMaker::label_call(int depth) {
  static const std::string kTargets[] = {"job", "zone", "new", "__name__", "instance"};
  static const std::string kSources[] = {"job", "instance", "zone", "__name__", "nolabel", "le"};
  const std::string argument = vector(depth, Want::Any);
  const std::string target = base::quote(random_.pick(kTargets));
  if (random_.chance(60)) {
    static const std::string kTemplates[] = {"$1", "x-$1", "", "${1}_y", "$0", "$2", "same"};
    static const std::string kRegexes[] = {"(.*)", "(a|d).*", "", "api", "([a-z])(.*)", "[0-9]+"};
    return "label_replace(" + argument + ", " + target + ", " +
           base::quote(random_.pick(kTemplates)) + ", " + base::quote(random_.pick(kSources)) +
           ", " + base::quote(random_.pick(kRegexes)) + ")";
  }
  std::string text = "label_join(" + argument + ", " + target + ", \"-\"";
  const uint64_t count = random_.below(4);
  for (uint64_t i = 0; i < count; ++i) text += ", " + base::quote(random_.pick(kSources));
  return text + ")";
}

std::string QueryMaker::info_call(int depth) {
  const std::string argument = vector(depth, Want::Any);
  static const std::string kSelectors[] = {"",
                                           "",
                                           ", {version=~\".+\"}",
                                           ", {__name__=\"build_info\"}",
                                           ", {region=\"north\"}",
                                           ", {__name__=~\".+_info\"}",
                                           ", {version!=\"2.0\"}",
                                           ", {region=~\".*\", version=\"2.0\"}"};
  return "info(" + argument + random_.pick(kSelectors) + ")";
}

std::string QueryMaker::string_argument(const Function& function, size_t number) {
  static const std::string kLabels[] = {"job", "instance", "zone", "__name__", "nolabel"};
  if (function.name == "label_replace" && number == 4) return "\"(.*)\"";
  if (function.name == "label_replace" && number == 2) return "\"$1\"";
  return base::quote(random_.pick(kLabels));
}

std::string QueryMaker::scalar_argument(const Function& function, int depth) {
  if (is_one_of(function.name, {"quantile_over_time", "histogram_quantile"})) return quantile();
  if (function.name == "double_exponential_smoothing") {
    static const std::string kFactors[] = {"0.1", "0.5", "0.9", "0.3", "0.7", "1"};
    return random_.pick(kFactors);
  }
  return random_.chance(80) ? number() : scalar(depth);
}

std::string QueryMaker::call_of(const Function& function, int depth) {
  if (function.name == "info") return info_call(depth);
  size_t count = function.arguments.size();
  // Optional ones may be missing, the last one may repeat.
  if (function.variadic > 0 && random_.chance(50)) {
    count -= std::min<size_t>(count, static_cast<size_t>(function.variadic));
  }
  if (function.variadic < 0) count += random_.below(3);
  count = std::max(count, function.variadic > 0 && function.arguments.size() > 1 ? size_t{1} : 0);
  if (function.name == "histogram_quantiles") count = 3 + random_.below(3);
  const bool native = function.name.starts_with("histogram_");
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ", ";
    switch (function.arguments[std::min(i, function.arguments.size() - 1)]) {
      case ValueType::Scalar:
        text += scalar_argument(function, depth);
        break;
      case ValueType::String:
        text += string_argument(function, i);
        break;
      case ValueType::RangeVector:
        text += range(depth, Want::Any, function);
        break;
      default:
        text += vector(depth, native ? Want::Native : Want::Any);
    }
  }
  return std::string(function.name) + "(" + text + ")";
}

}  // namespace gnomon::differential
