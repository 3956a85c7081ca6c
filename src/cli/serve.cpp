#include <csignal>
#include <map>

#include "http/server.h"
#include "http/tenant.h"
#include "src/base/log.h"
#include "src/base/text.h"
#include "src/base/version.h"
#include "src/cli/command.h"
#include "src/cli/shown_url.h"
#include "src/cli/terminal.h"
#include "src/server/instance.h"
#include "src/server/self_scrape.h"

namespace gnomon::cli {
namespace {

struct ServeOptions {
  server::InstanceOptions instance;
  http::ServerOptions server;
  uint64_t max_concurrency = base::kQueryConcurrencyMax;
  uint64_t max_connections = base::kHttpConnectionsMax;
  uint64_t tenants_open_max = base::kTenantsOpenMax;
  uint64_t chunk_cache_bytes = base::kChunkCacheBytes;
  std::string self_scrape_tenant;
  int64_t self_scrape_ms = 15'000;
  std::string log_level = "info";
  std::string native_rollups;  // of a ClickHouse store; empty: as its URL says
};

std::vector<Flag> query_flags(ServeOptions& options) {
  constexpr std::string_view kGroup = "Queries";
  engine::EngineOptions& engine = options.instance.engine;
  std::vector<Flag> flags = {
      duration_flag("query.lookback-delta", engine.lookback_ms, kGroup,
                    "How far an instant selector looks back for a sample."),
      duration_flag("query.timeout", engine.timeout_ms, kGroup, "Longest time of one query."),
      count_flag("query.max-samples", engine.max_samples, kGroup,
                 "Most samples that one query may hold in memory."),
      count_flag("query.max-concurrency", options.max_concurrency, kGroup,
                 "Queries that run at once; others wait."),
      duration_flag("query.default-subquery-step", engine.default_subquery_step_ms, kGroup,
                    "Step of a subquery that names none."),
      {"enable-feature", "LIST", "", kGroup,
       "Feature flags by Prometheus' names, separated by commas; may be repeated: "
       "promql-experimental-functions, promql-extended-range-selectors, "
       "promql-binop-fill-modifiers, promql-delayed-name-removal, use-start-timestamps, "
       "type-and-unit-labels.",
       [&options](std::string_view names) -> Result<void> {
         server::append_features(names, options.instance.features);
         return {};
       }},
  };
  return flags;
}

std::vector<Flag> web_flags(ServeOptions& options) {
  constexpr std::string_view kGroup = "HTTP";
  http::LaneThreads& threads = options.server.threads;
  return {
      text_flag("listen", "HOST:PORT", options.server.listen, kGroup,
                "Where to serve; :9090 for all addresses."),
      count_flag("web.max-connections", options.max_connections, kGroup,
                 "Connections open at once."),
      count_flag("web.read-threads", threads.read, kGroup,
                 "Requests for labels, series and metadata that run at once; others wait."),
      count_flag("web.write-threads", threads.write, kGroup,
                 "Writes that run at once; those that wait for the disk share a commit."),
      count_flag("web.live-threads", threads.live, kGroup,
                 "Streams that last as long as their clients, such as live tails."),
      count_flag("web.own-threads", threads.own, kGroup,
                 "Requests for the server's own pages, such as /metrics, that run at once."),
      switch_flag("web.enable-admin-api", options.instance.admin_api, kGroup,
                  "Clients may delete series with /api/v1/admin/tsdb/delete_series."),
  };
}

Usage serve_usage(ServeOptions& options) {
  Usage usage;
  usage.command = "serve";
  usage.description =
      "Serves the Prometheus HTTP API from a store: PromQL queries, remote write, text import. "
      "Stops on SIGINT and SIGTERM when running requests are done.";
  usage.flags = {
      text_flag("store", "URL", options.instance.store, "Store",
                "Where the data lives: sqlite:PATH, postgres://HOST/DATABASE, "
                "clickhouse://HOST:8123/DATABASE or memory:."),
      switch_flag("multi-tenant", options.instance.multi_tenant, "Store",
                  "The header X-Scope-OrgID of a request ([A-Za-z0-9_-]{1,64}) names the tenant "
                  "whose data it is about. Each has a SQLite file (gnomon.db: gnomon.TENANT.db; "
                  "folder/: folder/TENANT.db), Postgres schema or ClickHouse database "
                  "(NAME_TENANT) of its own, made by its first write, and all limits to itself."),
      count_flag("tenants.open-max", options.tenants_open_max, "Store",
                 "Tenants whose stores stay open when no request uses them."),
      duration_flag("retention", options.instance.store_options.retention_ms, "Store",
                    "Older samples are deleted, measured from the newest one; 0 keeps all."),
      count_flag("store.chunk-cache-bytes", options.chunk_cache_bytes, "Store",
                 "Memory for compressed samples that were read; a quarter of it for each tenant."),
      text_flag("clickhouse.native-rollups", "MODE", options.native_rollups, "Store",
                "Which functions over time ClickHouse computes itself, so that raw samples stay "
                "there: auto (those with the same bits, where that sends far less), on (also those "
                "that agree to 12 digits) or off. Default: auto."),
  };
  for (Flag& flag : web_flags(options)) usage.flags.push_back(std::move(flag));
  for (Flag& flag : query_flags(options)) usage.flags.push_back(std::move(flag));
  usage.flags.push_back(duration_flag("self-scrape-interval", options.self_scrape_ms,
                                      "Gnomon itself",
                                      "How often its own metrics are written into its store; 0: "
                                      "never."));
  usage.flags.push_back(text_flag("self-scrape-tenant", "TENANT", options.self_scrape_tenant,
                                  "Gnomon itself",
                                  "With --multi-tenant: whose store gets Gnomon's own metrics; "
                                  "without it they are not kept."));
  usage.flags.push_back(text_flag("log.level", "LEVEL", options.log_level, "Gnomon itself",
                                  "debug, info, warn or error; to standard error."));
  usage.examples =
      "  gnomon serve\n"
      "  gnomon serve --store sqlite:/var/lib/gnomon/gnomon.db --listen :9090 --retention 90d\n";
  return usage;
}

// Blocks the signals that end the server in every thread that starts from here on.
sigset_t block_stop_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// What instance="" says: the address clients use, with the real port.
std::string instance_name(const std::string& listen, uint16_t port) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.empty() || host == "0.0.0.0" || host == "[::]") host = "localhost";
  return host + ":" + std::to_string(port);
}

void log_start(const ServeOptions& options, const std::string& address) {
  base::log(base::LogLevel::Info, "Serving",
            {{"url", "http://" + address},
             {"store", shown_url(options.instance.store)},
             {"version", std::string(base::version())}});
}

Result<void> serve(ServeOptions& options) {
  const sigset_t signals = block_stop_signals();
  TRY(const auto instance, server::Instance::open(options.instance));
  http::Server server(instance->router(), options.server);
  TRY_VOID(server.start());
  const std::string address = instance_name(options.server.listen, server.port());
  {
    std::unique_ptr<server::SelfScrape> scrape;
    const std::string& tenant = options.self_scrape_tenant;
    if (options.self_scrape_ms > 0 && (!options.instance.multi_tenant || !tenant.empty())) {
      scrape = std::make_unique<server::SelfScrape>(
          instance->metrics(),
          [&](const model::WriteBatch& batch) { return instance->write(tenant, batch); },
          server::ScrapeTarget{.instance = address}, options.self_scrape_ms);
    }
    log_start(options, address);
    int signal = 0;
    sigwait(&signals, &signal);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends the process at once
    base::log(base::LogLevel::Info, "Stopping",
              {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  }
  server.stop();
  return {};
}

// The flag is a parameter of the store's URL.
Result<void> apply_native_rollups(ServeOptions& options) {
  const std::string& mode = options.native_rollups;
  std::string& url = options.instance.store;
  if (mode.empty()) return {};
  if (!url.starts_with("clickhouse:")) {
    return Error{ErrorKind::BadData, "--clickhouse.native-rollups needs --store clickhouse://..."};
  }
  if (mode != "auto" && mode != "on" && mode != "off") {
    return Error{ErrorKind::BadData, "--clickhouse.native-rollups must be auto, on or off"};
  }
  url += (url.find('?') == std::string::npos ? "?" : "&") + ("native_rollups=" + mode);
  return {};
}

Result<void> check_options(const ServeOptions& options) {
  const http::LaneThreads& threads = options.server.threads;
  const std::pair<const char*, uint64_t> counts[] = {
      {"query.max-concurrency", options.max_concurrency},
      {"web.max-connections", options.max_connections},
      {"web.read-threads", threads.read},
      {"web.write-threads", threads.write},
      {"web.live-threads", threads.live},
      {"web.own-threads", threads.own}};
  for (const auto& [flag, count] : counts) {
    if (count == 0) {
      return Error{ErrorKind::BadData, "--" + std::string(flag) + " must be at least 1"};
    }
  }
  if (options.self_scrape_tenant.empty()) return {};
  if (!options.instance.multi_tenant) {
    return Error{ErrorKind::BadData, "--self-scrape-tenant needs --multi-tenant"};
  }
  return http::check_tenant(options.self_scrape_tenant);
}

void apply_limits(ServeOptions& options) {
  options.instance.engine.max_concurrency = options.max_concurrency;
  options.instance.tenants_open_max = options.tenants_open_max;
  options.instance.store_options.chunk_cache_bytes = options.chunk_cache_bytes;
  http::LaneThreads& threads = options.server.threads;
  threads.query = options.max_concurrency;
  options.server.connections_max = options.max_connections;
  if (options.instance.multi_tenant) {
    // A connection has one request under way: no tenant waits for a thread that another one holds.
    threads.query = threads.read = threads.write = threads.live = options.max_connections;
  }
}

// For /api/v1/status/flags.
std::map<std::string, std::string> chosen_flags(ServeOptions& options) {
  std::map<std::string, std::string> chosen;
  for (const Flag& flag : serve_usage(options).flags) {  // its defaults are now what was chosen
    const bool off = flag.fallback.empty() && flag.placeholder == "DURATION";
    chosen[std::string(flag.name)] = off ? "0s" : flag.fallback;
  }
  std::string& features = chosen["enable-feature"];
  for (const std::string& feature : options.instance.features) {
    features += (features.empty() ? "" : ",") + feature;
  }
  chosen["multi-tenant"] = options.instance.multi_tenant ? "true" : "false";
  chosen["web.enable-admin-api"] = options.instance.admin_api ? "true" : "false";
  chosen["store"] = shown_url(options.instance.store);
  return chosen;
}

}  // namespace

int run_serve(std::span<const std::string> arguments) {
  ServeOptions options;
  int exit_status = kExitOk;
  const Usage usage = serve_usage(options);
  const auto parsed = parse_or_exit(usage, arguments, exit_status);
  if (!parsed) return exit_status;
  Result<void> valid = check_options(options);
  if (valid.ok()) valid = apply_native_rollups(options);
  if (!valid.ok()) {
    fail(valid.error());
    return kExitUsage;
  }
  const auto level = base::parse_log_level(options.log_level);
  if (!level) {
    fail({ErrorKind::BadData, "--log.level must be debug, info, warn or error"});
    return kExitUsage;
  }
  base::set_log_level(*level);
  options.instance.flags = chosen_flags(options);
  apply_limits(options);
  const Result<void> done = serve(options);
  if (done.ok()) return kExitOk;
  base::log(base::LogLevel::Error, "Cannot serve", {{"err", done.error().message}});
  return kExitFailed;
}

}  // namespace gnomon::cli
