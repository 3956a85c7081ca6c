#include <algorithm>
#include <cstdio>

#include "src/base/text.h"
#include "src/cli/command.h"
#include "src/cli/terminal.h"

namespace gnomon::cli {
namespace {

struct CommandRow {
  std::string_view name;
  int (*run)(std::span<const std::string> arguments);
  std::string_view summary;
};
constexpr CommandRow kCommands[] = {
    {"serve", run_serve, "Serve PromQL over HTTP from a store."},
    {"query", run_query, "Evaluate an expression: a table, a chart, JSON or CSV."},
    {"import", run_import, "Write samples from a text file into a server or a store."},
    {"explain", run_explain, "Show how an expression would be evaluated."},
    {"migrate", run_migrate, "Copy a store into another one and verify it."},
    {"diff", run_diff, "Compare the answers of two stores."},
    {"functions", run_functions, "List the functions of PromQL."},
    {"version", run_version, "Print the version."},
};

std::string overview() {
  std::string text =
      "Gnomon answers PromQL over the SQL database you already run.\n\n"
      "Usage: gnomon COMMAND [options]\n\nCommands:\n";
  for (const CommandRow& row : kCommands) {
    text += "  " + std::string(row.name) + std::string(11 - row.name.size(), ' ') +
            std::string(row.summary) + "\n";
  }
  return text + "\nSee gnomon COMMAND --help.\n";
}

}  // namespace

int run(std::span<const std::string> arguments) {
  if (arguments.empty()) {
    std::fputs(overview().c_str(), stderr);
    return kExitUsage;
  }
  const std::string& name = arguments[0];
  if (name == "help" || name == "--help" || name == "-h") {
    print(overview());
    return kExitOk;
  }
  if (name == "--version") return run_version({});
  const auto* row = std::find_if(std::begin(kCommands), std::end(kCommands),
                                 [&](const CommandRow& command) { return command.name == name; });
  if (row == std::end(kCommands)) {
    std::fprintf(stderr, "gnomon: unknown command %s\n\n%s", base::quote(name).c_str(),
                 overview().c_str());
    return kExitUsage;
  }
  return row->run(arguments.subspan(1));
}

}  // namespace gnomon::cli
