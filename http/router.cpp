#include "http/router.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "http/context.h"
#include "http/gzip.h"
#include "http/json.h"
#include "http/tenant.h"
#include "src/base/metrics.h"

namespace gnomon::http {
namespace {

struct MethodBit {
  Method method;
  uint8_t bit;
};
constexpr MethodBit kMethodBits[] = {
    {Method::Get, kGet}, {Method::Head, kHead}, {Method::Post, kPost}, {Method::Put, kPut}};

bool allows(const Route& route, Method method) {
  for (const MethodBit& row : kMethodBits) {
    if (row.method == method) return (route.methods & row.bit) != 0;
  }
  return false;
}

// "GET, OPTIONS, POST": in alphabetical order.
std::string allowed_methods(const Route& route) {
  std::string text;
  auto add = [&text](std::string_view name) {
    if (!text.empty()) text += ", ";
    text += name;
  };
  if (route.methods & kGet) add("GET");
  if (route.methods & kHead) add("HEAD");
  add("OPTIONS");
  if (route.methods & kPost) add("POST");
  if (route.methods & kPut) add("PUT");
  return text;
}

// Matches "/a/<name>/b"; `captured`: what stood for <name>, still escaped.
bool matches(std::string_view pattern, std::string_view path, std::string_view& captured) {
  size_t open = pattern.find('<');
  if (open == std::string_view::npos) return pattern == path;
  std::string_view tail = pattern.substr(pattern.find('>') + 1);
  if (!path.starts_with(pattern.substr(0, open))) return false;
  path.remove_prefix(open);
  if (path.size() <= tail.size() || !path.ends_with(tail)) return false;
  captured = path.substr(0, path.size() - tail.size());
  return captured.find('/') == std::string_view::npos;
}

bool is_api(std::string_view path) { return path.starts_with("/api/"); }

void add_cors_headers(const Request& request, Response& response) {
  response.headers.push_back({"Vary", "Origin"});
  if (request.header("Origin").empty()) return;
  response.headers.push_back({"Access-Control-Allow-Headers",
                              "Accept, Authorization, Content-Type, Origin, X-Scope-OrgID"});
  response.headers.push_back({"Access-Control-Allow-Methods", "GET, POST, OPTIONS"});
  response.headers.push_back({"Access-Control-Allow-Origin", "*"});
  response.headers.push_back({"Access-Control-Expose-Headers", "Date"});
}

// Prometheus' order: the body's parameters come before the URL's. What is written to a route for
// samples is no form, even where curl says so.
void decode_parameters(Request& request, const Route& route) {
  bool may_have_form = (request.method == Method::Post || request.method == Method::Put) &&
                       route.body_bytes_max == 0;
  if (may_have_form && !request.body.empty()) {
    std::string_view type = request.header("Content-Type");
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    if (equal_ignoring_case(type, "application/x-www-form-urlencoded")) {
      decode_form(request.body, request.parameters);
    }
  }
  if (request.path.size() < request.target.size()) {
    decode_form(std::string_view(request.target).substr(request.path.size() + 1),
                request.parameters);
  }
}

base::Counter& answered(base::MetricsRegistry& metrics, std::string_view handler, int status) {
  return metrics.counter("gnomon_http_requests_total",
                         "Answered HTTP requests by route and status.",
                         {{"code", std::to_string(status)}, {"handler", std::string(handler)}});
}

base::BucketCounter& seconds_taken(base::MetricsRegistry& metrics, std::string_view handler) {
  static const std::vector<double> kBounds = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120};
  return metrics.histogram("gnomon_http_request_duration_seconds",
                           "Time from a complete request to the first bytes of its answer.",
                           kBounds, {{"handler", std::string(handler)}});
}

}  // namespace

Router::Router(std::span<const Route> routes, const Context& context)
    : routes_(routes),
      context_(context),
      counted_(std::make_unique<Counted[]>(routes.size() + 1)) {}

// Two threads may look up the same metric for the first time: both find the same one.
void Router::count(const Route* route, int status, double seconds) const {
  if (context_.metrics == nullptr) return;
  std::string_view handler = route != nullptr ? route->path : "other";
  Counted& counted = counted_[route != nullptr ? route - routes_.data() : routes_.size()];
  if (counted.seconds == nullptr) counted.seconds = &seconds_taken(*context_.metrics, handler);
  counted.seconds.load()->observe(seconds);
  if (status != 200) {
    answered(*context_.metrics, handler, status).add();
    return;
  }
  if (counted.answered == nullptr) {
    counted.answered = &answered(*context_.metrics, handler, status);
  }
  counted.answered.load()->add();
}

const Route* Router::find_path(std::string_view path) const {
  auto row = std::lower_bound(routes_.begin(), routes_.end(), path,
                              [](const Route& a, std::string_view b) { return a.path < b; });
  if (row != routes_.end() && row->path == path) return &*row;
  std::string_view captured;
  for (const Route& route : routes_) {
    bool pattern = route.path.find('<') != std::string_view::npos;
    if (pattern && matches(route.path, path, captured)) return &route;
  }
  return nullptr;
}

const Route* Router::find(std::string_view path, Method method) const {
  const Route* route = find_path(path);
  return route != nullptr && allows(*route, method) ? route : nullptr;
}

Response Router::answer(Request& request, const Route* route) const {
  if (request.method == Method::Options && is_api(request.path)) {
    Response response;
    response.status = 204;
    add_cors_headers(request, response);
    return response;
  }
  if (route == nullptr) return text_response(404, "404 page not found\n");
  if (!allows(*route, request.method)) {
    bool asks = request.method == Method::Options;
    Response response = asks ? Response{} : text_response(405, "Method Not Allowed\n");
    response.headers.push_back({"Allow", allowed_methods(*route)});
    return response;
  }
  std::string_view captured;
  matches(route->path, request.path, captured);
  if (!decode_percent(captured, request.path_parameter)) {
    return text_response(400, "400 Bad Request: broken escape in the path\n");
  }
  decode_parameters(request, *route);
  Response response = handle(request, *route);
  if (is_api(request.path)) add_cors_headers(request, response);
  return response;
}

Response Router::handle(const Request& request, const Route& route) const {
  if (context_.tenants == nullptr || route.scope == Scope::Server) {
    return route.handler(request, context_);
  }
  const auto name = requested_tenant(request.headers);
  if (!name.ok()) return error_response(name.error());
  const auto tenant = context_.tenants->find(*name, route.scope == Scope::Writes, request.stop);
  if (!tenant.ok()) return error_response(tenant.error());
  return route.handler(request, **tenant);
}

Response Router::respond(Request& request) const {
  auto begin = std::chrono::steady_clock::now();
  const Route* route = find_path(request.path);
  Response response;
  // The last line of defence for what no handler foresaw, such as memory running out.
  try {
    response = answer(request, route);
    compress(request.header("Accept-Encoding"), response);
  } catch (const std::exception& exception) {
    response = error_response({ErrorKind::Internal, exception.what()});
  }
  std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  count(route, response.status, taken.count());
  return response;
}

}  // namespace gnomon::http
