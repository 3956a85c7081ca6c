#include "http/prometheus/routes.h"

#include <algorithm>
#include <span>

#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "src/base/limits.h"

namespace gnomon::prometheus {
namespace {

using http::Access;
using http::kGet;
using http::kHead;
using http::kPost;
using http::kPut;
using http::Lane;
using http::plain_refusal;
using http::Refusal;
using http::Response;
using http::Route;
using http::RouteTable;

constexpr uint8_t kGetPost = kGet | kPost;
constexpr uint8_t kGetHead = kGet | kHead;
constexpr uint8_t kPostPut = kPost | kPut;
constexpr size_t kWrite = base::kWriteBytesMax;

// An endpoint is a row here and a file in this folder. The API of Prometheus:
constexpr Route kApi[] = {
    {"/api/v1/admin/tsdb/clean_tombstones", kPostPut, Lane::Inline, Access::Admin,
     clean_tombstones},
    {"/api/v1/admin/tsdb/delete_series", kPostPut, Lane::Write, Access::Admin, delete_series},
    {"/api/v1/alertmanagers", kGet, Lane::Inline, Access::Read, alertmanagers},
    {"/api/v1/alerts", kGet, Lane::Inline, Access::Read, alerts},
    {"/api/v1/explain", kGetPost, Lane::Query, Access::Read, explain},
    {"/api/v1/features", kGet, Lane::Inline, Access::Read, features},
    {"/api/v1/format_query", kGetPost, Lane::Read, Access::Read, format_query},
    {"/api/v1/import/prometheus", kPostPut, Lane::Write, Access::Write, import_text, kWrite},
    {"/api/v1/label/<name>/values", kGet, Lane::Read, Access::Read, label_values},
    {"/api/v1/labels", kGetPost, Lane::Read, Access::Read, labels},
    {"/api/v1/metadata", kGet, Lane::Read, Access::Read, metadata},
    {"/api/v1/notifications", kGet, Lane::Inline, Access::Read, notifications},
    {"/api/v1/parse_query", kGetPost, Lane::Read, Access::Read, parse_query},
    {"/api/v1/query", kGetPost, Lane::Query, Access::Read, query},
    {"/api/v1/query_exemplars", kGetPost, Lane::Query, Access::Read, query_exemplars},
    {"/api/v1/query_range", kGetPost, Lane::Query, Access::Read, query_range},
    {"/api/v1/read", kPost, Lane::Query, Access::Read, read},
    {"/api/v1/rules", kGet, Lane::Inline, Access::Read, rules},
    {"/api/v1/scrape_pools", kGet, Lane::Inline, Access::Read, scrape_pools},
    {"/api/v1/series", kGetPost, Lane::Read, Access::Read, series},
    {"/api/v1/status/buildinfo", kGet, Lane::Inline, Access::Read, status_buildinfo},
    {"/api/v1/status/config", kGet, Lane::Inline, Access::Read, status_config},
    {"/api/v1/status/flags", kGet, Lane::Inline, Access::Read, status_flags},
    {"/api/v1/status/runtimeinfo", kGet, Lane::Inline, Access::Read, status_runtimeinfo},
    {"/api/v1/status/tsdb", kGet, Lane::Read, Access::Read, status_tsdb},
    {"/api/v1/status/walreplay", kGet, Lane::Inline, Access::Read, status_walreplay},
    {"/api/v1/targets", kGet, Lane::Inline, Access::Read, targets},
    {"/api/v1/targets/metadata", kGet, Lane::Inline, Access::Read, targets_metadata},
    {"/api/v1/write", kPost, Lane::Write, Access::Write, write, kWrite},
};

// What Prometheus serves beside it. The lifecycle pages only say that they are off.
constexpr Route kPages[] = {
    {"/", kGetHead, Lane::Inline, Access::Public, root},
    {"/-/healthy", kGetHead, Lane::Inline, Access::Public, healthy},
    {"/-/quit", kPostPut, Lane::Inline, Access::Public, lifecycle},
    {"/-/ready", kGetHead, Lane::Inline, Access::Public, ready},
    {"/-/reload", kPostPut, Lane::Inline, Access::Public, lifecycle},
    {"/federate", kGet, Lane::Query, Access::Read, federate},
    {"/metrics", kGet, Lane::Own, Access::Read, metrics},
    {"/version", kGet, Lane::Inline, Access::Read, version},
};

constexpr bool sorted(std::span<const Route> routes) {
  return std::is_sorted(routes.begin(), routes.end(),
                        [](const Route& a, const Route& b) { return a.path < b.path; });
}
static_assert(sorted(kApi) && sorted(kPages));

// What no handler saw is refused as by Go's server, in plain text.
Response refuse(const Refusal& refusal) {
  switch (refusal.why) {
    case Refusal::Why::Access:
    case Refusal::Why::Tenant:
    case Refusal::Why::Failure:
      return error_response(refusal.error);
    default:
      return plain_refusal(refusal);
  }
}

constexpr RouteTable kTables[] = {
    {"/api/", kApi, refuse, true},
    {"/", kPages, refuse, false},
};

}  // namespace

std::span<const RouteTable> routes() { return kTables; }

}  // namespace gnomon::prometheus
