#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/model/labels.h"

namespace gnomon::wire {

// One sample line of the text formats, split but not yet judged:
//   name{label="value",...} value [timestamp] [# {label="value"} value [timestamp]]
//   {"quoted.name","quoted.label"="value"} value
// Views are into the line, or into `unescaped` when a text had escapes.
struct SampleLine {
  std::string_view name;
  std::vector<model::Label> labels;  // without the name
  std::string_view series;           // the text from the begin to the value
  std::string_view value;
  std::string_view timestamp;  // "" when there is none
  bool has_exemplar = false;
  std::vector<model::Label> exemplar_labels;
  std::string_view exemplar_value;
  std::string_view exemplar_timestamp;
  std::deque<std::string> unescaped;

  // Replaces the contents. The fault, in words close to Prometheus', or nullopt.
  std::optional<std::string> parse(std::string_view line);
};

// Reads a text in double quotes from the begin of `rest`, escapes (\\ \" \n) replaced, and moves
// `rest` behind it. nullopt when there is none. The view is into `rest` or into `unescaped`.
std::optional<std::string_view> take_quoted(std::string_view& rest,
                                            std::deque<std::string>& unescaped);
// The longest prefix that is a metric name without quotes; may be empty.
std::string_view take_metric_name(std::string_view& rest);
void skip_blanks(std::string_view& rest);

}  // namespace gnomon::wire
