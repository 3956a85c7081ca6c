// What is not under /api: the front page, health, and our own metrics.
#include "http/context.h"
#include "http/prometheus/handlers.h"
#include "src/base/metrics.h"

namespace gnomon::prometheus {

using http::Request;
using http::Response;
using http::text_response;

Response root(const Request&, const ServerContext& server) {
  return text_response(
      200, "Gnomon " + server.build.gnomon_version +
               ": PromQL over SQL databases.\n\n"
               "This server speaks the HTTP API of Prometheus. Add its address to Grafana as a\n"
               "Prometheus data source, or ask it directly:\n\n"
               "  /api/v1/query?query=up      a query (also query_range, series, labels, ...)\n"
               "  /api/v1/explain?query=up    how it would be answered\n"
               "  /api/v1/write               where Prometheus' remote_write sends samples\n"
               "  /metrics                    what this server counts about itself\n"
               "  /-/healthy  /-/ready        health\n\n"
               "README.md of the sources says more.\n");
}

Response healthy(const Request&, const ServerContext&) {
  return text_response(200, "Gnomon is Healthy.\n");
}

// The store is open and its log replayed before the server listens.
Response ready(const Request&, const ServerContext&) {
  return text_response(200, "Gnomon is Ready.\n");
}

Response metrics(const Request&, const ServerContext& server) {
  if (server.metrics == nullptr) return text_response(200, "");
  Response response = text_response(200, base::exposition_text(server.metrics->families()));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

}  // namespace gnomon::prometheus
