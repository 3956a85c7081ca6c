#include "http/prometheus/routes.h"

#include <algorithm>
#include <iterator>

#include "http/prometheus/handlers.h"
#include "src/base/limits.h"

namespace gnomon::prometheus {
namespace {

using http::kGet;
using http::kHead;
using http::kPost;
using http::kPut;
using http::Lane;
using http::Route;
using http::Scope;

constexpr uint8_t kGetPost = kGet | kPost;
constexpr uint8_t kGetHead = kGet | kHead;
constexpr uint8_t kPostPut = kPost | kPut;
constexpr size_t kWrite = base::kWriteBytesMax;

// An endpoint is a row here and a file in this folder.
constexpr Route kRoutes[] = {
    {"/", kGetHead, Lane::Inline, Scope::Server, root},
    {"/-/healthy", kGetHead, Lane::Inline, Scope::Server, healthy},
    {"/-/quit", kPostPut, Lane::Inline, Scope::Server, lifecycle},
    {"/-/ready", kGetHead, Lane::Inline, Scope::Server, ready},
    {"/-/reload", kPostPut, Lane::Inline, Scope::Server, lifecycle},
    {"/api/v1/admin/tsdb/clean_tombstones", kPostPut, Lane::Inline, Scope::Server,
     clean_tombstones},
    {"/api/v1/admin/tsdb/delete_series", kPostPut, Lane::Write, Scope::Reads, delete_series},
    {"/api/v1/alertmanagers", kGet, Lane::Inline, Scope::Server, alertmanagers},
    {"/api/v1/alerts", kGet, Lane::Inline, Scope::Server, alerts},
    {"/api/v1/explain", kGetPost, Lane::Query, Scope::Reads, explain},
    {"/api/v1/features", kGet, Lane::Inline, Scope::Server, features},
    {"/api/v1/format_query", kGetPost, Lane::Read, Scope::Reads, format_query},
    {"/api/v1/import/prometheus", kPostPut, Lane::Write, Scope::Writes, import_text, kWrite},
    {"/api/v1/label/<name>/values", kGet, Lane::Read, Scope::Reads, label_values},
    {"/api/v1/labels", kGetPost, Lane::Read, Scope::Reads, labels},
    {"/api/v1/metadata", kGet, Lane::Read, Scope::Reads, metadata},
    {"/api/v1/notifications", kGet, Lane::Inline, Scope::Server, notifications},
    {"/api/v1/parse_query", kGetPost, Lane::Read, Scope::Reads, parse_query},
    {"/api/v1/query", kGetPost, Lane::Query, Scope::Reads, query},
    {"/api/v1/query_exemplars", kGetPost, Lane::Query, Scope::Reads, query_exemplars},
    {"/api/v1/query_range", kGetPost, Lane::Query, Scope::Reads, query_range},
    {"/api/v1/read", kPost, Lane::Query, Scope::Reads, read},
    {"/api/v1/rules", kGet, Lane::Inline, Scope::Server, rules},
    {"/api/v1/scrape_pools", kGet, Lane::Inline, Scope::Server, scrape_pools},
    {"/api/v1/series", kGetPost, Lane::Read, Scope::Reads, series},
    {"/api/v1/status/buildinfo", kGet, Lane::Inline, Scope::Server, status_buildinfo},
    {"/api/v1/status/config", kGet, Lane::Inline, Scope::Server, status_config},
    {"/api/v1/status/flags", kGet, Lane::Inline, Scope::Server, status_flags},
    {"/api/v1/status/runtimeinfo", kGet, Lane::Inline, Scope::Server, status_runtimeinfo},
    {"/api/v1/status/tsdb", kGet, Lane::Read, Scope::Reads, status_tsdb},
    {"/api/v1/status/walreplay", kGet, Lane::Inline, Scope::Server, status_walreplay},
    {"/api/v1/targets", kGet, Lane::Inline, Scope::Server, targets},
    {"/api/v1/targets/metadata", kGet, Lane::Inline, Scope::Server, targets_metadata},
    {"/api/v1/write", kPost, Lane::Write, Scope::Writes, write, kWrite},
    {"/federate", kGet, Lane::Query, Scope::Reads, federate},
    {"/metrics", kGet, Lane::Own, Scope::Server, metrics},
    {"/version", kGet, Lane::Inline, Scope::Server, version},
};
static_assert(std::is_sorted(std::begin(kRoutes), std::end(kRoutes),
                             [](const Route& a, const Route& b) { return a.path < b.path; }));

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace gnomon::prometheus
