#include "http/router.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "http/gzip.h"
#include "http/tenant.h"
#include "src/base/log.h"
#include "src/base/metrics.h"
#include "src/base/text.h"

namespace gnomon::http {
namespace {

struct MethodRow {
  Method method;
  uint8_t bit;
};
// In alphabetical order, as Allow lists them.
constexpr MethodRow kMethods[] = {
    {Method::Delete, kDelete}, {Method::Get, kGet},   {Method::Head, kHead}, {Method::Options, 0},
    {Method::Patch, kPatch},   {Method::Post, kPost}, {Method::Put, kPut}};

uint8_t bit_of(Method method) {
  for (const MethodRow& row : kMethods) {
    if (row.method == method) return row.bit;
  }
  return 0;
}

// "GET, OPTIONS, POST"
std::string allowed_methods(uint8_t methods) {
  std::string text;
  for (const MethodRow& row : kMethods) {
    if (row.bit != 0 && (methods & row.bit) == 0) continue;
    if (!text.empty()) text += ", ";
    text += method_name(row.method);
  }
  return text;
}

// Prometheus' list, and what else the path has.
std::string cors_methods(uint8_t methods) {
  std::string text = "GET, POST, OPTIONS";
  for (const MethodRow& row : kMethods) {
    if ((methods & row.bit & (kDelete | kPatch | kPut)) == 0) continue;
    text += ", ";
    text += method_name(row.method);
  }
  return text;
}

void add_cors_headers(const Request& request, const RouteMatch& match, Response& response) {
  response.headers.push_back({"Vary", "Origin"});
  if (request.header("Origin").empty()) return;
  response.headers.push_back({"Access-Control-Allow-Headers",
                              "Accept, Authorization, Content-Type, Origin, X-Scope-OrgID"});
  response.headers.push_back({"Access-Control-Allow-Methods", cors_methods(match.methods)});
  response.headers.push_back({"Access-Control-Allow-Origin", "*"});
  response.headers.push_back({"Access-Control-Expose-Headers", "Date"});
}

// Prometheus' order: the body's parameters come before the URL's. What is written to a route for
// samples is no form, even where curl says so.
void decode_parameters(Request& request, const Route& route) {
  const bool may_have_form = (request.method == Method::Post || request.method == Method::Put) &&
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

Router::Router(std::span<const RouteTable> tables, const ServerContext& server, Tenancy tenancy)
    : tables_(tables), server_(server), tenancy_(tenancy) {
  for (const RouteTable& table : tables) {
    for (const Route& route : table.routes) {
      const Result<void> added = add(route, table);
      if (added.ok()) continue;
      base::log(base::LogLevel::Error, "a wrong route", {{"err", added.error().message}});
      std::abort();
    }
  }
  counted_ = std::make_unique<Counted[]>(entries_.size() + 1);
}

Result<void> Router::add(const Route& route, const RouteTable& table) {
  TRY_VOID(tree_.add(route.path));
  entries_.push_back({&route, &table});
  for (size_t other : tree_.same_as(entries_.size() - 1)) {
    if (other + 1 == entries_.size() || (entries_[other].route->methods & route.methods) == 0) {
      continue;
    }
    return Error{ErrorKind::BadData, "two routes of the same paths and methods: " +
                                         std::string(entries_[other].route->path) + " and " +
                                         std::string(route.path)};
  }
  return {};
}

// The one with the longest prefix.
const RouteTable* Router::table_of(std::string_view path) const {
  const RouteTable* best = &tables_.front();
  size_t longest = 0;
  for (const RouteTable& table : tables_) {
    if (!path.starts_with(table.prefix) || table.prefix.size() < longest) continue;
    longest = table.prefix.size();
    best = &table;
  }
  return best;
}

RouteMatch Router::find(Request& request) const {
  using Why = Refusal::Why;
  RouteMatch match;
  match.number = entries_.size();
  const RouteTree::Match found = tree_.match(request.path);
  const uint8_t wanted = bit_of(request.method);
  for (size_t number : found.patterns) {
    const Entry& entry = entries_[number];
    match.methods |= entry.route->methods;
    if (match.table == nullptr) match.table = entry.table;
    if (match.number == entries_.size()) match.number = number;
    if ((entry.route->methods & wanted) == 0) continue;
    match.route = entry.route;
    match.table = entry.table;
    match.number = number;
  }
  if (match.table == nullptr) match.table = table_of(request.path);
  if (match.methods == 0) {
    match.refusal = Refusal{Why::NoRoute, {ErrorKind::NotFound, "404 page not found"}};
  } else if (match.route == nullptr) {
    match.refusal = Refusal{Why::Method, {ErrorKind::BadData, "Method Not Allowed"}};
  } else {
    const std::span values(found.values.data(), found.values_count);
    match.refusal = check(request, *match.route, values);
  }
  return match;
}

std::optional<Refusal> Router::check(Request& request, const Route& route,
                                     std::span<const std::string_view> values) const {
  using Why = Refusal::Why;
  if (!values.empty()) {
    const auto names = placeholder_names(route.path);
    for (size_t i = 0; i < values.size(); ++i) {
      auto& [name, value] = request.path_parameters.pairs.emplace_back(names[i], "");
      if (decode_percent(values[i], value)) continue;
      return Refusal{Why::Path, {ErrorKind::BadData, "400 Bad Request: broken escape in the path"}};
    }
  }
  // Off unless asked for: a web page that someone looks at can post a form to us, too.
  if (route.access == Access::Admin && !server_.admin_api) {
    return Refusal{Why::Access, {ErrorKind::Unavailable, "admin APIs disabled"}};
  }
  return std::nullopt;
}

Response Router::refuse(const RouteMatch& match, Refusal refusal) const {
  return match.table->refuse(refusal);
}

Response Router::answer(Request& request, const RouteMatch& match) const {
  Response response;
  const bool asks = request.method == Method::Options;
  if (asks && match.table->cors) {
    response.status = 204;
    add_cors_headers(request, match, response);
    return response;
  }
  if (!match.refusal) {
    decode_parameters(request, *match.route);
    response = handle(request, match);
  } else if (!asks || match.methods == 0) {
    response = refuse(match, *match.refusal);
  }
  if (match.route == nullptr && match.methods != 0) {
    response.headers.push_back({"Allow", allowed_methods(match.methods)});
  }
  if (match.route != nullptr && match.table->cors) add_cors_headers(request, match, response);
  return response;
}

Response Router::handle(const Request& request, const RouteMatch& match) const {
  const Route& route = *match.route;
  if (const auto* handler = std::get_if<ServerHandler>(&route.handler)) {
    return (*handler)(request, server_);
  }
  const auto handler = std::get<TenantHandler>(route.handler);
  using Only = std::reference_wrapper<const TenantContext>;
  if (const auto* only = std::get_if<Only>(&tenancy_)) return handler(request, *only);
  Tenants& tenants = std::get<std::reference_wrapper<Tenants>>(tenancy_);
  using Why = Refusal::Why;
  const auto name = requested_tenant(request.headers);
  if (!name.ok()) return refuse(match, {Why::Tenant, name.error()});
  const auto tenant = tenants.find(*name, route.access == Access::Write, request.stop);
  if (!tenant.ok()) return refuse(match, {Why::Tenant, tenant.error()});
  return handler(request, **tenant);
}

Response Router::respond(Request& request, const RouteMatch& match) const {
  const auto begin = std::chrono::steady_clock::now();
  Response response;
  // The last line of defence for what no handler foresaw, such as memory running out.
  try {
    response = answer(request, match);
    compress(request.header("Accept-Encoding"), response);
  } catch (const std::exception& exception) {
    response = refuse(match, {Refusal::Why::Failure, {ErrorKind::Internal, exception.what()}});
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  count(match, response.status, taken.count());
  return response;
}

Response Router::respond(Request& request) const {
  const RouteMatch match = find(request);
  return respond(request, match);
}

// Two threads may look up the same metric for the first time: both find the same one.
void Router::count(const RouteMatch& match, int status, double seconds) const {
  if (server_.metrics == nullptr) return;
  const bool known = match.number < entries_.size();
  const std::string_view handler = known ? entries_[match.number].route->path : "other";
  Counted& counted = counted_[match.number];
  if (counted.seconds == nullptr) counted.seconds = &seconds_taken(*server_.metrics, handler);
  counted.seconds.load()->observe(seconds);
  if (status != 200) {
    answered(*server_.metrics, handler, status).add();
    return;
  }
  if (counted.answered == nullptr) {
    counted.answered = &answered(*server_.metrics, handler, status);
  }
  counted.answered.load()->add();
}

}  // namespace gnomon::http
