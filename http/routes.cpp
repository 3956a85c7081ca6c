#include "http/routes.h"

#include <algorithm>
#include <iterator>

#include "http/api/handlers.h"
#include "src/base/limits.h"

namespace gnomon::http {
namespace {

constexpr uint8_t kGetPost = kGet | kPost;
constexpr uint8_t kGetHead = kGet | kHead;
constexpr uint8_t kPostPut = kPost | kPut;
constexpr size_t kWrite = base::kWriteBytesMax;

// An endpoint is a row here and a file in http/api.
constexpr Route kRoutes[] = {
    {"/", kGetHead, Lane::Inline, Scope::Server, api::root},
    {"/-/healthy", kGetHead, Lane::Inline, Scope::Server, api::healthy},
    {"/-/quit", kPostPut, Lane::Inline, Scope::Server, api::lifecycle},
    {"/-/ready", kGetHead, Lane::Inline, Scope::Server, api::ready},
    {"/-/reload", kPostPut, Lane::Inline, Scope::Server, api::lifecycle},
    {"/api/v1/admin/tsdb/clean_tombstones", kPostPut, Lane::Inline, Scope::Server,
     api::clean_tombstones},
    {"/api/v1/admin/tsdb/delete_series", kPostPut, Lane::Write, Scope::Reads, api::delete_series},
    {"/api/v1/alertmanagers", kGet, Lane::Inline, Scope::Server, api::alertmanagers},
    {"/api/v1/alerts", kGet, Lane::Inline, Scope::Server, api::alerts},
    {"/api/v1/explain", kGetPost, Lane::Query, Scope::Reads, api::explain},
    {"/api/v1/features", kGet, Lane::Inline, Scope::Server, api::features},
    {"/api/v1/format_query", kGetPost, Lane::Read, Scope::Reads, api::format_query},
    {"/api/v1/import/prometheus", kPostPut, Lane::Write, Scope::Writes, api::import_text, kWrite},
    {"/api/v1/label/<name>/values", kGet, Lane::Read, Scope::Reads, api::label_values},
    {"/api/v1/labels", kGetPost, Lane::Read, Scope::Reads, api::labels},
    {"/api/v1/metadata", kGet, Lane::Read, Scope::Reads, api::metadata},
    {"/api/v1/notifications", kGet, Lane::Inline, Scope::Server, api::notifications},
    {"/api/v1/parse_query", kGetPost, Lane::Read, Scope::Reads, api::parse_query},
    {"/api/v1/query", kGetPost, Lane::Query, Scope::Reads, api::query},
    {"/api/v1/query_exemplars", kGetPost, Lane::Query, Scope::Reads, api::query_exemplars},
    {"/api/v1/query_range", kGetPost, Lane::Query, Scope::Reads, api::query_range},
    {"/api/v1/read", kPost, Lane::Query, Scope::Reads, api::read},
    {"/api/v1/rules", kGet, Lane::Inline, Scope::Server, api::rules},
    {"/api/v1/scrape_pools", kGet, Lane::Inline, Scope::Server, api::scrape_pools},
    {"/api/v1/series", kGetPost, Lane::Read, Scope::Reads, api::series},
    {"/api/v1/status/buildinfo", kGet, Lane::Inline, Scope::Server, api::status_buildinfo},
    {"/api/v1/status/config", kGet, Lane::Inline, Scope::Server, api::status_config},
    {"/api/v1/status/flags", kGet, Lane::Inline, Scope::Server, api::status_flags},
    {"/api/v1/status/runtimeinfo", kGet, Lane::Inline, Scope::Server, api::status_runtimeinfo},
    {"/api/v1/status/tsdb", kGet, Lane::Read, Scope::Reads, api::status_tsdb},
    {"/api/v1/status/walreplay", kGet, Lane::Inline, Scope::Server, api::status_walreplay},
    {"/api/v1/targets", kGet, Lane::Inline, Scope::Server, api::targets},
    {"/api/v1/targets/metadata", kGet, Lane::Inline, Scope::Server, api::targets_metadata},
    {"/api/v1/write", kPost, Lane::Write, Scope::Writes, api::write, kWrite},
    {"/federate", kGet, Lane::Query, Scope::Reads, api::federate},
    {"/metrics", kGet, Lane::Own, Scope::Server, api::metrics},
    {"/version", kGet, Lane::Inline, Scope::Server, api::version},
};
static_assert(std::is_sorted(std::begin(kRoutes), std::end(kRoutes),
                             [](const Route& a, const Route& b) { return a.path < b.path; }));

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace gnomon::http
