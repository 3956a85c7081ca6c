// What the server says of itself: versions, flags, features, the size of its data.
#include <unistd.h>

#include <charconv>
#include <ctime>
#include <thread>

#include "http/context.h"
#include "http/json.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/parameters.h"
#include "http/prometheus/read_deadline.h"
#include "src/base/limits.h"
#include "src/functions/table.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::prometheus {
namespace {

using http::JsonWriter;
using http::Request;
using http::Response;

constexpr int64_t kTsdbLimit = 10;

std::string rfc3339(int64_t ms) {
  auto seconds = static_cast<time_t>(ms / 1000);
  tm parts;
  gmtime_r(&seconds, &parts);
  char text[40];
  size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, size);
}

std::string build_json(const http::BuildInfo& build) {
  JsonWriter json;
  json.begin_object().key("version").text(build.version).key("revision").text(build.revision);
  json.key("branch").text(build.branch).key("buildUser").text("gnomon " + build.gnomon_version);
  json.key("buildDate").text(build.build_date).key("goVersion").text("c++20");
  return json.end_object().take();
}

Result<int64_t> tsdb_limit(const Request& request) {
  std::string_view text = parameter(request, "limit");
  if (text.empty()) return kTsdbLimit;
  int64_t limit = 0;
  auto [at, bad] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (bad != std::errc() || at != text.data() + text.size() || limit < 1) {
    return Error{ErrorKind::BadData, "limit must be a positive number"};
  }
  if (limit > base::kStatusLimitMax)
    return Error{ErrorKind::BadData, "limit must not exceed 10000"};
  return limit;
}

void write_counts(JsonWriter& json, std::string_view key,
                  const std::vector<storage::NamedCount>& counts) {
  json.key(key).begin_array();
  for (const storage::NamedCount& count : counts) {
    json.begin_object().key("name").text(count.name);
    json.key("value").integer(static_cast<int64_t>(count.value)).end_object();
  }
  json.end_array();
}

Result<Response> tsdb(const Request& request, const TenantContext& tenant) {
  TRY(int64_t limit, tsdb_limit(request));
  const ReadDeadline deadline(request, tenant);
  TRY(storage::Statistics statistics, deadline.checked(tenant.store.catalog().statistics(
                                          static_cast<size_t>(limit), deadline.stop())));
  JsonWriter json;
  json.begin_object().key("headStats").begin_object();
  json.key("numSeries").integer(static_cast<int64_t>(statistics.series));
  json.key("numLabelPairs").integer(static_cast<int64_t>(statistics.label_pairs));
  json.key("chunkCount").integer(static_cast<int64_t>(statistics.chunks));
  json.key("minTime").integer(statistics.min_time_ms);
  json.key("maxTime").integer(statistics.max_time_ms).end_object();
  write_counts(json, "seriesCountByMetricName", statistics.series_by_metric);
  write_counts(json, "labelValueCountByLabelName", statistics.values_by_label);
  write_counts(json, "memoryInBytesByLabelName", statistics.bytes_by_label);
  write_counts(json, "seriesCountByLabelValuePair", statistics.series_by_label_pair);
  return success_response(json.end_object().take());
}

}  // namespace

Response status_buildinfo(const Request&, const ServerContext& server) {
  return success_response(build_json(server.build));
}

Response version(const Request&, const ServerContext& server) {
  return http::json_response(200, build_json(server.build));
}

Response status_runtimeinfo(const Request&, const ServerContext& server) {
  char directory[4096] = "", host[256] = "";
  if (getcwd(directory, sizeof directory) == nullptr) directory[0] = 0;
  if (gethostname(host, sizeof host - 1) != 0) host[0] = 0;
  auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  JsonWriter json;
  json.begin_object().key("startTime").text(rfc3339(server.start_ms));
  json.key("CWD").text(directory).key("hostname").text(host);
  json.key("serverTime").text(rfc3339(server.now_ms()));
  json.key("reloadConfigSuccess").boolean(true);
  json.key("lastConfigTime").text(rfc3339(server.start_ms));
  json.key("corruptionCount").integer(0).key("goroutineCount").integer(cores);
  json.key("GOMAXPROCS").integer(cores).key("GOMEMLIMIT").integer(0);
  json.key("GOGC").text("").key("GODEBUG").text("");
  json.key("storageRetention").text(server.storage_retention);
  return success_response(json.end_object().take());
}

Response status_flags(const Request&, const ServerContext& server) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : server.flags) json.key(name).text(value);
  return success_response(json.end_object().take());
}

Response status_tsdb(const Request& request, const TenantContext& tenant) {
  return or_error(tsdb(request, tenant));
}

Response status_walreplay(const Request&, const ServerContext&) {
  return success_response(R"({"min":0,"max":0,"current":0,"state":"done"})");
}

Response status_config(const Request&, const ServerContext&) {
  return success_response(R"({"yaml":""})");
}

Response features(const Request&, const ServerContext& server) {
  auto enabled = server.features.find("promql-experimental-functions");
  bool experimental = enabled != server.features.end() && enabled->second;
  JsonWriter json;
  json.begin_object().key("prometheus").begin_object();
  for (const auto& [name, value] : server.features) json.key(name).boolean(value);
  json.end_object().key("promql_functions").begin_object();
  for (const functions::Function* function : functions::all_functions()) {
    bool stable = function->stability == functions::Stability::Stable;
    json.key(function->name).boolean(stable || experimental);
  }
  return success_response(json.end_object().end_object().take());
}

}  // namespace gnomon::prometheus
