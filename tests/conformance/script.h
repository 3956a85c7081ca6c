#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/base/result.h"
#include "src/model/labels.h"
#include "src/model/sample.h"
#include "src/model/time_grid.h"
#include "src/promql/ast.h"

namespace gnomon::conformance {

// One place of a series line: 1.5, _, stale or {{count:3 ...}}.
struct Item {
  bool present = false;
  double value = 0;
  model::HistogramPtr histogram;
};

struct SeriesLine {
  model::Labels labels;
  std::vector<Item> items;
};

// What an `expect` line says of a message: nothing, its text or a pattern it has.
struct Pattern {
  std::string text;
  bool regex = false;
  bool matches(const std::string& message) const;
};

struct Clear {};

struct Load {
  int64_t step_ms = 0;
  std::vector<SeriesLine> series;
};

struct Eval {
  std::string expression;
  bool range = false;
  model::TimeGrid grid;       // of the query; for `expect range vector`: of the expected samples
  bool range_vector = false;  // the answer is raw samples, at grid's times
  bool ordered = false;
  bool fails = false;
  bool no_warnings = false, no_infos = false;
  std::vector<Pattern> failures, warnings, infos;
  std::optional<double> scalar;
  std::optional<std::string> string;
  std::vector<SeriesLine> series;
};

struct Command {
  int line = 0;
  std::variant<Clear, Load, Eval> body;
};

// A file in Prometheus' promqltest language. A comment `#: features a,b` names the feature flags it
// runs with, beyond promql-experimental-functions, which is always on.
struct Script {
  promql::Features features;
  std::vector<Command> commands;
};

// Errors are BadData and begin with "line N: ".
Result<Script> parse_script(std::string_view text);

// up{job="a"} or {"odd name", job="a"} at the beginning of `text`, which is left at what follows.
Result<model::Labels> take_metric(std::string_view& text);
// 1+2x3 _x2 stale {{sum:1}}x2
Result<std::vector<Item>> parse_items(std::string_view text);
// The inside of {{ }}.
Result<model::Histogram> parse_histogram(std::string_view text);
// a + sign * b; both of the same schema, custom bounds and zero threshold.
Result<model::Histogram> combine(const model::Histogram& a, const model::Histogram& b, double sign);

}  // namespace gnomon::conformance
