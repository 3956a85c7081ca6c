// delete_series and clean_tombstones. The router runs them only where the admin API is enabled.
#include "http/context.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/parameters.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::prometheus {
namespace {

using http::Request;
using http::Response;

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

Result<Response> remove_series(const Request& request, const TenantContext& tenant) {
  TRY_VOID(check_form(request));
  if (request.parameters.all("match[]").empty()) {
    return Error{ErrorKind::BadData, "no match[] parameter provided"};
  }
  storage::CatalogQuery what;
  TRY(what.min_time_ms, time_parameter(request, "start", model::kTimeMin));
  TRY(what.max_time_ms, time_parameter(request, "end", model::kTimeMax));
  auto sets = matchers_parameter(request);
  if (!sets.ok()) return invalid_parameter("match[]", sets.error());
  what.matcher_sets = std::move(sets).value();
  TRY_VOID(tenant.store.remove(what, request.stop));
  return no_content();
}

}  // namespace

Response delete_series(const Request& request, const TenantContext& tenant) {
  return or_error(remove_series(request, tenant));
}

// Deleted samples are gone at once: there is nothing to clean.
Response clean_tombstones(const Request&, const ServerContext&) { return no_content(); }

}  // namespace gnomon::prometheus
