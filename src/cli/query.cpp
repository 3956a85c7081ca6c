#include <cstdio>
#include <cstdlib>

#include "src/base/clock.h"
#include "src/base/text.h"
#include "src/cli/answer.h"
#include "src/cli/chart.h"
#include "src/cli/command.h"
#include "src/cli/connect.h"
#include "src/cli/terminal.h"
#include "src/cli/time_argument.h"

namespace gnomon::cli {
namespace {

struct QueryOptions {
  Connect connect;
  std::string time, start, end;
  int64_t step_ms = 0;
  std::string output;

  bool range() const { return !start.empty() || !end.empty() || step_ms > 0; }
};

Usage query_usage(QueryOptions& options) {
  Usage usage;
  usage.command = "query";
  usage.positional = "EXPR";
  usage.description =
      "Evaluates a PromQL expression: at one time, shown as a table; or, with --start, --end or "
      "--step, over a range, shown as a chart.";
  usage.positionals_min = usage.positionals_max = 1;
  usage.flags = connect_flags(options.connect);
  const auto add = [&](Flag flag) { usage.flags.push_back(std::move(flag)); };
  constexpr std::string_view kTimes = "Time (now, -1h, Unix seconds or 2026-01-02T03:04:05Z)";
  add(text_flag("time", "TIME", options.time, kTimes, "Evaluate at this time; now if not given."));
  add(text_flag("start", "TIME", options.start, kTimes,
                "Begin of the range; an hour before its end if not given."));
  add(text_flag("end", "TIME", options.end, kTimes, "End of the range; now if not given."));
  add(duration_flag("step", options.step_ms, kTimes,
                    "Distance of the points; what fits the terminal if not given."));
  add(text_flag("output", "FORM", options.output, "Output",
                "table, chart, json (the API's answer) or csv. A table for an instant query, a "
                "chart for a range if not given."));
  usage.examples =
      "  gnomon query up\n"
      "  gnomon query --start -6h 'sum by (job) (rate(http_requests_total[5m]))'\n"
      "  gnomon query --store sqlite:gnomon.db --output csv up\n";
  return usage;
}

struct Range {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;
};

Result<Range> range_of(const QueryOptions& options, int64_t now_ms) {
  Range range;
  TRY(range.end_ms, parse_time_argument(options.end.empty() ? "now" : options.end, now_ms));
  range.start_ms = range.end_ms - 3'600'000;
  if (!options.start.empty()) {
    TRY(range.start_ms, parse_time_argument(options.start, now_ms));
  }
  if (range.start_ms > range.end_ms) return Error{ErrorKind::BadData, "--start is after --end"};
  range.step_ms = options.step_ms > 0
                      ? options.step_ms
                      : natural_step_ms(range.start_ms, range.end_ms, terminal_columns() * 2);
  return range;
}

std::string chart_of(const Answer& answer, const Range& range) {
  std::vector<ChartSeries> series;
  for (const AnswerSeries& one : answer.series) {
    series.push_back({series_name(one), {}});
    for (const AnswerPoint& point : one.points) {
      const auto value = base::parse_float(point.value);
      if (value) series.back().points.push_back({point.time_ms, *value});
    }
  }
  ChartFrame frame{range.start_ms, range.end_ms, range.step_ms, terminal_columns()};
  frame.color = terminal_colors();
  return render_chart(series, frame);
}

Result<void> show(const QueryOptions& options, const ApiResponse& response, const Range& range) {
  TRY(const Answer answer, parse_answer(response));
  for (const std::string& remark : answer.remarks) {
    std::fprintf(stderr, "gnomon: %s\n", remark.c_str());
  }
  std::string form = options.output;
  if (form.empty()) form = options.range() ? "chart" : "table";
  if (form == "json") {
    print(response.body + "\n");
  } else if (form == "csv") {
    print(answer_csv(answer));
  } else if (form == "chart" && options.range()) {
    print(answer.series.empty() ? "no data\n" : chart_of(answer, range));
  } else {
    print(answer.series.empty() ? "no data\n" : answer_table(answer));
  }
  return {};
}

Result<void> query(const QueryOptions& options, const std::string& expression) {
  const int64_t now_ms = base::now_ms();
  Form form = {{"query", expression}};
  Range range;
  if (options.range()) {
    TRY(range, range_of(options, now_ms));
    form.emplace_back("start", seconds_text(range.start_ms));
    form.emplace_back("end", seconds_text(range.end_ms));
    form.emplace_back("step", seconds_text(range.step_ms));
  } else if (!options.time.empty()) {
    TRY(const int64_t time_ms, parse_time_argument(options.time, now_ms));
    form.emplace_back("time", seconds_text(time_ms));
  }
  TRY(const auto client, connect(options.connect));
  const char* path = options.range() ? "/api/v1/query_range" : "/api/v1/query";
  TRY(const ApiResponse response, client->post(path, kFormType, encode_form(form)));
  return show(options, response, range);
}

}  // namespace

int run_query(std::span<const std::string> arguments) {
  QueryOptions options;
  int exit_status = kExitOk;
  const auto parsed = parse_or_exit(query_usage(options), arguments, exit_status);
  if (!parsed) return exit_status;
  const std::string& output = options.output;
  if (!output.empty() && output != "table" && output != "chart" && output != "json" &&
      output != "csv") {
    fail({ErrorKind::BadData, "--output must be table, chart, json or csv"});
    return kExitUsage;
  }
  const Result<void> done = query(options, parsed->positionals[0]);
  return done.ok() ? kExitOk : fail(done.error());
}

}  // namespace gnomon::cli
