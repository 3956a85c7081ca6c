// query and query_range.
#include <string>
#include <variant>

#include "http/context.h"
#include "http/json.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/parameters.h"
#include "src/base/overloaded.h"
#include "src/base/text.h"
#include "src/engine/engine.h"

namespace gnomon::prometheus {
namespace {

using http::Request;
using http::Response;

constexpr int64_t kNsPerMs = 1'000'000;
constexpr std::string_view kAllStatistics = "all";

std::string statistics_json(const engine::QueryStatistics& statistics, const model::TimeGrid& grid,
                            bool per_step) {
  double evaluated = statistics.eval_seconds + statistics.sort_seconds;
  double total = statistics.queue_seconds + statistics.prepare_seconds + evaluated;
  http::JsonWriter json;
  json.begin_object().key("timings").begin_object();
  json.key("evalTotalTime").number(statistics.prepare_seconds + evaluated);
  json.key("resultSortTime").number(statistics.sort_seconds);
  json.key("queryPreparationTime").number(statistics.prepare_seconds);
  json.key("innerEvalTime").number(statistics.eval_seconds);
  json.key("execQueueTime").number(statistics.queue_seconds);
  json.key("execTotalTime").number(total);
  json.end_object().key("samples").begin_object();
  if (per_step) {
    json.key("totalQueryableSamplesPerStep").begin_array();
    for (size_t step = 0; step < statistics.samples_at_step.size(); ++step) {
      std::string time;
      append_json_time(time, grid.at(step));
      json.begin_array().raw(time);
      json.integer(static_cast<int64_t>(statistics.samples_at_step[step])).end_array();
    }
    json.end_array();
  }
  json.key("totalQueryableSamples").integer(static_cast<int64_t>(statistics.samples_total));
  json.key("samplesRead").integer(static_cast<int64_t>(statistics.samples_read));
  json.key("peakSamples").integer(static_cast<int64_t>(statistics.samples_peak));
  return json.end_object().end_object().take();
}

void truncate_value(model::Value& value, size_t limit, std::vector<std::string>& warnings) {
  std::visit(base::overloaded{
                 [](model::Scalar&) {},
                 [](model::String&) {},
                 [&](model::Vector& vector) { truncate(vector, limit, warnings); },
                 [&](model::GridMatrix& matrix) { truncate(matrix.series, limit, warnings); },
                 [&](model::RawMatrix& matrix) { truncate(matrix, limit, warnings); },
             },
             value);
}

// The parameters that both kinds of query share, in the order of Prometheus' checks.
Result<void> read_options(const Request& request, engine::QueryRequest& query) {
  auto timeout = duration_parameter(request, "timeout");
  if (!timeout.ok()) return invalid_parameter("timeout", timeout.error());
  query.timeout_ms = *timeout;
  auto lookback = duration_parameter(request, "lookback_delta");
  if (!lookback.ok()) {
    return Error{ErrorKind::BadData,
                 "error parsing lookback delta duration: " + lookback.error().message};
  }
  if (lookback->value_or(0) > 0) query.lookback_ms = *lookback;  // else the server's
  query.text = parameter(request, "query");
  std::string_view stats = parameter(request, "stats");
  if (!stats.empty()) query.count = engine::SampleCount::Seen;
  if (stats == kAllStatistics) query.count = engine::SampleCount::Exact;
  return {};
}

Result<Response> run(const Request& request, const TenantContext& tenant,
                     const engine::QueryRequest& query, size_t limit) {
  auto answer = tenant.engine.run(query, request.stop);
  if (!answer.ok()) {
    bool malformed = answer.error().kind == ErrorKind::BadData;
    return malformed ? invalid_parameter("query", answer.error()) : std::move(answer).error();
  }
  Remarks remarks;
  truncate_value(answer->value, limit, remarks.warnings);
  for (std::string& text : answer->annotations.warnings(query.text)) {
    remarks.warnings.push_back(std::move(text));
  }
  remarks.infos = answer->annotations.infos(query.text);
  std::string statistics;
  std::string_view stats = parameter(request, "stats");
  if (!stats.empty()) {
    bool per_step = stats == kAllStatistics;
    statistics = statistics_json(answer->statistics, query.grid, per_step);
    if (stats != "true" && !per_step) {
      remarks.warnings.push_back("value " + base::quote(stats) +
                                 " for parameter \"stats\" is deprecated and will be rejected in "
                                 "the next major release, use \"true\" or \"all\"");
    }
  }
  return value_response(std::move(answer->value), statistics, remarks);
}

Result<Response> answer_instant(const Request& request, const TenantContext& tenant) {
  TRY(size_t limit, limit_parameter(request));
  TRY(int64_t time, time_parameter(request, "time", tenant.server.now_ms()));
  engine::QueryRequest query;
  query.instant = true;
  query.grid = model::TimeGrid::instant(time);
  TRY_VOID(read_options(request, query));
  return run(request, tenant, query, limit);
}

Result<Response> answer_range(const Request& request, const TenantContext& tenant) {
  TRY(size_t limit, limit_parameter(request));
  engine::QueryRequest query;
  TRY(query.grid, range_parameters(request));
  TRY_VOID(read_options(request, query));
  return run(request, tenant, query, limit);
}

}  // namespace

Result<model::TimeGrid> range_parameters(const Request& request) {
  TRY(int64_t start, required_time(request, "start"));
  TRY(int64_t end, required_time(request, "end"));
  if (end < start) {
    return invalid_parameter("end",
                             {ErrorKind::BadData, "end timestamp must not be before start time"});
  }
  auto step_ns = parse_duration_ns(parameter(request, "step"));
  if (!step_ns.ok()) return invalid_parameter("step", step_ns.error());
  auto span_ns = (static_cast<__int128>(end) - start) * kNsPerMs;
  if (*step_ns > 0 && span_ns / *step_ns > base::kPointsPerSeriesMax) {
    return Error{ErrorKind::BadData,
                 "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
                 "query resolution (?step=XX)"};
  }
  int64_t step = *step_ns / kNsPerMs;  // what is shorter than a millisecond is nothing, too
  if (step <= 0) {
    return invalid_parameter("step", {ErrorKind::BadData,
                                      "zero or negative query resolution step widths are not "
                                      "accepted. Try a positive integer"});
  }
  return model::TimeGrid{start, end, step};
}

Response query(const Request& request, const TenantContext& tenant) {
  return or_error(answer_instant(request, tenant));
}

Response query_range(const Request& request, const TenantContext& tenant) {
  return or_error(answer_range(request, tenant));
}

}  // namespace gnomon::prometheus
