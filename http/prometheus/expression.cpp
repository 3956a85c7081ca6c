// format_query and parse_query: what the language makes of an expression.
#include "http/context.h"
#include "http/json.h"
#include "http/prometheus/ast_json.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/parameters.h"
#include "src/engine/engine.h"
#include "src/promql/parser.h"
#include "src/promql/printer.h"

namespace gnomon::prometheus {
namespace {

using http::Request;
using http::Response;

Result<promql::ExprPtr> parsed(const Request& request, const TenantContext& tenant) {
  auto expr = promql::parse(parameter(request, "query"), tenant.engine.options().features);
  if (!expr.ok()) return invalid_parameter("query", expr.error());
  return expr;
}

Result<Response> format(const Request& request, const TenantContext& tenant) {
  TRY(promql::ExprPtr expr, parsed(request, tenant));
  return success_response(http::JsonWriter().text(promql::prettify(*expr)).take());
}

Result<Response> parse(const Request& request, const TenantContext& tenant) {
  TRY(promql::ExprPtr expr, parsed(request, tenant));
  return success_response(ast_json(*expr));
}

}  // namespace

Response format_query(const Request& request, const TenantContext& tenant) {
  return or_error(format(request, tenant));
}

Response parse_query(const Request& request, const TenantContext& tenant) {
  return or_error(parse(request, tenant));
}

}  // namespace gnomon::prometheus
