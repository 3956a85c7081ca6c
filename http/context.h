#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "src/base/result.h"

namespace gnomon::base {
class MetricsRegistry;
}
namespace gnomon::engine {
class Engine;
}
namespace gnomon::storage {
class MetricStore;
}

namespace gnomon::http {

// What Gnomon says of itself.
struct BuildInfo {
  std::string version = "3.14.0";  // of the Prometheus whose API this is: Grafana reads it
  std::string gnomon_version;
  std::string revision;
  std::string branch;
  std::string build_date;
};

// What the server knows, independent of any tenant. Outlives the HTTP server; any thread.
struct ServerContext {
  base::MetricsRegistry* metrics = nullptr;  // null: nothing is counted
  BuildInfo build;
  std::map<std::string, std::string> flags;  // as /api/v1/status/flags shows them
  std::map<std::string, bool> features;      // feature flag -> enabled
  std::string storage_retention;             // "15d"
  bool admin_api = false;                    // whether data may be deleted
  int64_t start_ms = 0;
  std::function<int64_t()> now_ms;  // required
};

// What a tenant has: the data that a request is about, how it is asked, and the server that keeps
// it. Any thread, as long as the tenant is open.
struct TenantContext {
  const ServerContext& server;
  const engine::Engine& engine;
  storage::MetricStore& store;
};

// Where every tenant has a namespace of its own: a store and an engine with limits of its own.
class Tenants {
 public:
  virtual ~Tenants() = default;
  // What handlers may use of a tenant, valid name; its store stays open while the pointer lives.
  // Opens it when it is not open, which may take its time; `writes`: creates it when there is none.
  // Any thread. Errors: Unavailable when it cannot be opened, Canceled.
  virtual Result<std::shared_ptr<const TenantContext>> find(std::string_view name, bool writes,
                                                            std::stop_token stop) = 0;
};

// Whose data requests are about: that of the only tenant, whom they do not name, or that of the one
// each of them names.
using Tenancy =
    std::variant<std::reference_wrapper<const TenantContext>, std::reference_wrapper<Tenants>>;

}  // namespace gnomon::http
