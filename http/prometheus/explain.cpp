// explain: the plan of a query, and with analyze=true what running it cost.
#include "http/context.h"
#include "http/json.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/parameters.h"
#include "src/engine/engine.h"

namespace gnomon::prometheus {
namespace {

using http::Request;
using http::Response;

Result<Response> explain_plan(const Request& request, const TenantContext& tenant) {
  engine::QueryRequest query;
  query.instant = parameter(request, "start").empty();
  if (query.instant) {
    TRY(int64_t time, time_parameter(request, "time", tenant.server.now_ms()));
    query.grid = model::TimeGrid::instant(time);
  } else {
    TRY(query.grid, range_parameters(request));
  }
  query.text = parameter(request, "query");
  bool analyze = parameter(request, "analyze") == "true";
  auto explained = tenant.engine.explain(query, analyze, request.stop);
  if (!explained.ok()) {
    bool malformed = explained.error().kind == ErrorKind::BadData;
    return malformed ? invalid_parameter("query", explained.error()) : std::move(explained).error();
  }
  if (request.header("Accept").starts_with("text/plain")) {
    return http::text_response(200, std::move(explained->text));
  }
  http::JsonWriter json;
  json.begin_object().key("plan").text(explained->text).end_object();
  return success_response(json.take());
}

}  // namespace

Response explain(const Request& request, const TenantContext& tenant) {
  return or_error(explain_plan(request, tenant));
}

}  // namespace gnomon::prometheus
