#include "tests/conformance/script.h"

#include <regex>
#include <sstream>

#include "src/base/text.h"

namespace gnomon::conformance {
namespace {

Error bad(std::string message) { return {ErrorKind::BadData, std::move(message)}; }

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

Result<int64_t> duration(const std::string& text) {
  if (text.empty() || text == "0") return int64_t{0};
  if (text.starts_with('-')) {
    TRY(const int64_t positive, base::parse_duration(text.substr(1)));
    return -positive;
  }
  return base::parse_duration(text);
}

Result<model::TimeGrid> grid(const std::string& from, const std::string& to,
                             const std::string& step) {
  model::TimeGrid grid;
  TRY(grid.start_ms, duration(from));
  TRY(grid.end_ms, duration(to));
  TRY(grid.step_ms, duration(step));
  if (grid.step_ms <= 0) return bad("step must be positive");
  return grid;
}

Result<SeriesLine> parse_series(std::string_view line) {
  SeriesLine series;
  TRY(series.labels, take_metric(line));
  TRY(series.items, parse_items(line));
  return series;
}

// Lines of the file, trimmed; comments blanked.
struct Lines {
  std::vector<std::string> text;
  size_t at = 0;

  bool done() const { return at == text.size(); }
  // The next line of a block, nullptr at its end.
  const std::string* next_of_block() { return done() || text[at].empty() ? nullptr : &text[at++]; }
};

Result<Load> parse_load(const std::string& head, Lines& lines) {
  Load load;
  TRY(load.step_ms, duration(trimmed(std::string_view(head).substr(4))));
  while (const std::string* line = lines.next_of_block()) {
    TRY(SeriesLine series, parse_series(*line));
    load.series.push_back(std::move(series));
  }
  return load;
}

Result<void> take_expectation(const std::string& line, Eval& eval) {
  static const std::regex kRangeVector(
      R"(expect\s+range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+))");
  static const std::regex kExpect(
      R"(expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):\s*(.*))?)");
  std::smatch match;
  if (std::regex_match(line, match, kRangeVector)) {
    eval.range_vector = true;
    TRY(eval.grid, grid(match[1], match[2], match[3]));
    return {};
  }
  if (line.starts_with("expect string")) {
    std::string_view rest = std::string_view(line).substr(13);
    const std::string quoted = trimmed(rest);
    if (quoted.size() < 2) return bad("expect string needs a quoted string");
    eval.string = quoted.substr(1, quoted.size() - 2);
    return {};
  }
  if (!std::regex_match(line, match, kExpect)) return bad("unknown expectation: " + line);
  const std::string what = match[1];
  const Pattern pattern{match[3], match[2] != "msg"};
  if (what == "ordered") eval.ordered = true;
  if (what == "fail") eval.failures.push_back(pattern);
  if (what == "warn") eval.warnings.push_back(pattern);
  if (what == "info") eval.infos.push_back(pattern);
  eval.fails |= what == "fail";
  eval.no_warnings |= what == "no_warn";
  eval.no_infos |= what == "no_info";
  return {};
}

Result<Eval> parse_eval_head(const std::string& head) {
  static const std::regex kInstant(R"(eval\s+instant\s+(?:at\s+(\S+)\s+)?(.+))");
  static const std::regex kRange(
      R"(eval\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+))");
  Eval eval;
  std::smatch match;
  if (std::regex_match(head, match, kInstant)) {
    TRY(const int64_t time_ms, duration(match[1]));
    eval.grid = model::TimeGrid::instant(time_ms);
    eval.expression = match[2];
  } else if (std::regex_match(head, match, kRange)) {
    TRY(eval.grid, grid(match[1], match[2], match[3]));
    eval.range = true;
    eval.expression = match[4];
  } else {
    return bad("unknown evaluation: " + head);
  }
  return eval;
}

Result<Eval> parse_eval(const std::string& head, Lines& lines) {
  TRY(Eval eval, parse_eval_head(head));
  while (const std::string* line = lines.next_of_block()) {
    if (line->starts_with("expect ")) {
      TRY_VOID(take_expectation(*line, eval));
    } else if (const auto number = base::parse_float(*line)) {
      eval.scalar = *number;
    } else {
      TRY(SeriesLine series, parse_series(*line));
      eval.series.push_back(std::move(series));
    }
  }
  return eval;
}

void enable(promql::Features& features, std::string_view name) {
  if (name == "promql-extended-range-selectors") features.extended_range_selectors = true;
  if (name == "promql-binop-fill-modifiers") features.binop_fill_modifiers = true;
  if (name == "promql-delayed-name-removal") features.delayed_name_removal = true;
  if (name == "use-start-timestamps") features.use_start_timestamps = true;
  if (name == "type-and-unit-labels") features.type_and_unit_labels = true;
}

Lines read_lines(std::string_view text, promql::Features& features) {
  constexpr std::string_view kDirective = "#: features ";
  Lines lines;
  std::istringstream input{std::string(text)};
  for (std::string line; std::getline(input, line);) {
    if (line.starts_with(kDirective)) {
      std::istringstream names(line.substr(kDirective.size()));
      for (std::string name; std::getline(names, name, ',');) enable(features, name);
    }
    std::string kept = trimmed(line);
    if (kept.starts_with('#')) kept.clear();
    lines.text.push_back(std::move(kept));
  }
  return lines;
}

Result<Command> parse_command(const std::string& head, Lines& lines) {
  Command command;
  if (head == "clear") {
    command.body = Clear{};
  } else if (head.starts_with("load ")) {
    TRY(command.body, parse_load(head, lines));
  } else if (head.starts_with("eval ")) {
    TRY(command.body, parse_eval(head, lines));
  } else {
    return bad("unknown command: " + head);
  }
  return command;
}

}  // namespace

bool Pattern::matches(const std::string& message) const {
  if (!regex) return message == text;
  return std::regex_search(message, std::regex(text));
}

Result<Script> parse_script(std::string_view text) {
  Script script;
  script.features.experimental_functions = true;
  Lines lines = read_lines(text, script.features);
  while (!lines.done()) {
    const std::string head = lines.text[lines.at++];
    if (head.empty()) continue;
    const int number = static_cast<int>(lines.at);
    auto command = parse_command(head, lines);
    if (!command.ok())
      return bad("line " + std::to_string(number) + ": " + command.error().message);
    command->line = number;
    script.commands.push_back(std::move(*command));
  }
  return script;
}

}  // namespace gnomon::conformance
