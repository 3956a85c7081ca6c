#include "src/cli/functions.h"

#include <algorithm>

#include "src/base/text.h"
#include "src/cli/arguments.h"
#include "src/cli/command.h"
#include "src/cli/table.h"
#include "src/cli/terminal.h"

namespace gnomon::cli {
namespace {

using functions::Function;
using functions::Stability;
using functions::ValueType;

constexpr std::string_view kExperimentalFlag = "--enable-feature=promql-experimental-functions";

bool experimental(const Function& function) {
  return function.stability == Stability::Experimental;
}

std::string hyphenated(ValueType type) {
  std::string text(functions::type_description(type));
  std::replace(text.begin(), text.end(), ' ', '-');
  return text;
}

std::string function_table() {
  std::vector<std::vector<std::string>> rows;
  for (const Function* function : functions::all_functions()) {
    rows.push_back({function_signature(*function), experimental(*function) ? "experimental" : "",
                    std::string(function->documentation)});
  }
  return render_table({"FUNCTION", "", "WHAT IT GIVES"}, {Align::Left, Align::Left, Align::Left},
                      rows);
}

std::string function_page(const Function& function) {
  std::string text = function_signature(function) + "\n\n  ";
  text.append(function.documentation).append("\n");
  if (experimental(function)) {
    text.append("  Experimental: needs ").append(kExperimentalFlag).append(".\n");
  }
  if (function.keeps_name) text += "  Keeps the metric's name.\n";
  return text;
}

// Names that hold the wanted one, or nearly are it.
std::vector<std::string_view> near_names(std::string_view wanted) {
  const size_t distance_max = 1 + wanted.size() / 3;
  std::vector<std::pair<size_t, std::string_view>> found;
  for (const Function* function : functions::all_functions()) {
    const std::string_view name = function->name;
    const size_t distance = edit_distance(name, wanted);
    if (distance <= distance_max) {
      found.emplace_back(distance, name);
    } else if (wanted.size() > 2 && name.find(wanted) != name.npos) {
      found.emplace_back(distance_max + distance, name);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  constexpr size_t kNamesMax = 3;
  std::vector<std::string_view> names;
  for (size_t i = 0; i < std::min(found.size(), kNamesMax); ++i) names.push_back(found[i].second);
  return names;
}

Error unknown_function(std::string_view name) {
  std::string message = "unknown function " + base::quote(name);
  const char* between = "; did you mean ";
  for (const std::string_view near : near_names(name)) {
    message.append(between).append(near);
    between = ", ";
  }
  if (message.back() != '"') message += "?";
  return {ErrorKind::BadData, std::move(message)};
}

}  // namespace

std::string function_signature(const Function& function) {
  // Prometheus counts from the last argument: it is the one that may be left out or repeated.
  std::vector<std::string> arguments;
  for (const ValueType type : function.arguments) arguments.push_back(hyphenated(type));
  if (function.variadic != 0) {
    const bool repeats = function.variadic < 0 || function.variadic > 1;
    arguments.back() = "[" + arguments.back() + (repeats ? "...]" : "]");
  }
  std::string text = std::string(function.name) + "(";
  for (size_t i = 0; i < arguments.size(); ++i) text += (i > 0 ? ", " : "") + arguments[i];
  return text + ") " + hyphenated(function.returns);
}

std::string function_markdown() {
  std::string text = "| function | what it gives |\n|---|---|\n";
  for (const Function* function : functions::all_functions()) {
    text += "| `" + function_signature(*function) + "` | ";
    if (experimental(*function)) text += "*Experimental.* ";
    text.append(function->documentation).append(" |\n");
  }
  return text;
}

int run_functions(std::span<const std::string> arguments) {
  bool markdown = false;
  Usage usage;
  usage.command = "functions";
  usage.positional = "[NAME]";
  usage.description =
      "Lists the functions of PromQL that this program knows, or shows the one that is named.";
  usage.positionals_max = 1;
  usage.flags.push_back(
      switch_flag("markdown", markdown, "Output", "Print the list as a Markdown table."));
  int exit_status = kExitOk;
  const auto parsed = parse_or_exit(usage, arguments, exit_status);
  if (!parsed) return exit_status;
  if (parsed->positionals.empty()) {
    print(markdown ? function_markdown() : function_table());
    return kExitOk;
  }
  const std::string& name = parsed->positionals[0];
  const Function* function = functions::find_function(name);
  if (function == nullptr) return fail(unknown_function(name));
  print(function_page(*function));
  return kExitOk;
}

}  // namespace gnomon::cli
