#include <nlohmann/json.hpp>

#include "src/base/clock.h"
#include "src/cli/command.h"
#include "src/cli/connect.h"
#include "src/cli/terminal.h"
#include "src/cli/time_argument.h"

namespace gnomon::cli {
namespace {

struct ExplainOptions {
  Connect connect;
  bool analyze = false;
  std::string start, end;
  int64_t step_ms = 60'000;
};

Usage explain_usage(ExplainOptions& options) {
  Usage usage;
  usage.command = "explain";
  usage.positional = "EXPR";
  usage.description =
      "Shows how a PromQL expression would be evaluated: the plan as a tree, and what is asked of "
      "the store.";
  usage.positionals_min = usage.positionals_max = 1;
  usage.flags = connect_flags(options.connect);
  const auto add = [&](Flag flag) { usage.flags.push_back(std::move(flag)); };
  constexpr std::string_view kGroup = "What is explained";
  add(switch_flag("analyze", options.analyze, kGroup,
                  "Run it too, and show rows, bytes and time of every line."));
  add(text_flag("start", "TIME", options.start, kGroup,
                "Explain a range query from here (now, -1h, Unix seconds, RFC 3339)."));
  add(text_flag("end", "TIME", options.end, kGroup, "End of the range; now if not given."));
  add(duration_flag("step", options.step_ms, kGroup, "Step of the range."));
  return usage;
}

Result<Form> form_of(const ExplainOptions& options, const std::string& expression) {
  Form form = {{"query", expression}};
  if (options.analyze) form.emplace_back("analyze", "true");
  if (options.start.empty()) return form;
  const int64_t now_ms = base::now_ms();
  TRY(const int64_t start_ms, parse_time_argument(options.start, now_ms));
  TRY(const int64_t end_ms, parse_time_argument(options.end.empty() ? "now" : options.end, now_ms));
  form.emplace_back("start", seconds_text(start_ms));
  form.emplace_back("end", seconds_text(end_ms));
  form.emplace_back("step", seconds_text(options.step_ms));
  return form;
}

Result<std::string> explain(const ExplainOptions& options, const std::string& expression) {
  TRY(const Form form, form_of(options, expression));
  TRY(const auto client, connect(options.connect));
  TRY(const ApiResponse response, client->post("/api/v1/explain", kFormType, encode_form(form)));
  const auto document = nlohmann::json::parse(response.body, nullptr, false);
  if (document.is_object() && document.contains("error")) {
    return Error{ErrorKind::Execution, document.value("error", "")};
  }
  const auto text = nlohmann::json::json_pointer("/data/plan");
  if (!document.is_object() || !document.contains(text) || !document[text].is_string()) {
    return Error{ErrorKind::Internal, "the server answered with status " +
                                          std::to_string(response.status) + ": " +
                                          response.body.substr(0, 200)};
  }
  return document[text].get<std::string>();
}

}  // namespace

int run_explain(std::span<const std::string> arguments) {
  ExplainOptions options;
  int exit_status = kExitOk;
  const auto parsed = parse_or_exit(explain_usage(options), arguments, exit_status);
  if (!parsed) return exit_status;
  Result<std::string> text = explain(options, parsed->positionals[0]);
  if (!text.ok()) return fail(text.error());
  if (!text->ends_with('\n')) text->push_back('\n');
  print(*text);
  return kExitOk;
}

}  // namespace gnomon::cli
