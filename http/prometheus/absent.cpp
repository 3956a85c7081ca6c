// What Gnomon has none of, answered as by a Prometheus without rules, targets and alerts: Grafana
// asks, and takes an empty answer for "none" and an error for "broken".
#include "http/context.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"

namespace gnomon::prometheus {

using http::Request;
using http::Response;

Response rules(const Request&, const ServerContext&) {
  return success_response(R"({"groups":[]})");
}

Response alerts(const Request&, const ServerContext&) {
  return success_response(R"({"alerts":[]})");
}

Response alertmanagers(const Request&, const ServerContext&) {
  return success_response(R"({"activeAlertmanagers":[],"droppedAlertmanagers":[]})");
}

Response targets(const Request&, const ServerContext&) {
  return success_response(R"({"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}})");
}

Response targets_metadata(const Request&, const ServerContext&) { return success_response("[]"); }

Response scrape_pools(const Request&, const ServerContext&) {
  return success_response(R"({"scrapePools":[]})");
}

Response notifications(const Request&, const ServerContext&) { return success_response("[]"); }

Response lifecycle(const Request&, const ServerContext&) {
  return http::text_response(403, "Lifecycle API is not enabled.\n");
}

}  // namespace gnomon::prometheus
