#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

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

struct Context;

// Where every tenant has a namespace of its own: a store and an engine with limits of its own.
class Tenants {
 public:
  virtual ~Tenants() = default;
  // What handlers may use of a tenant, valid name; its store stays open while the pointer lives.
  // Opens it when it is not open, which may take its time; `writes`: creates it when there is none.
  // Any thread. Errors: Unavailable when it cannot be opened, Canceled.
  virtual Result<std::shared_ptr<const Context>> find(std::string_view name, bool writes,
                                                      std::stop_token stop) = 0;
};

// What handlers may use. Everything outlives the server; all of it may be used from any thread.
struct Context {
  const engine::Engine* engine = nullptr;
  storage::MetricStore* store = nullptr;
  Tenants* tenants = nullptr;  // then engine and store are null here, and each tenant's own
  base::MetricsRegistry* metrics = nullptr;  // may be null: then nothing is counted
  BuildInfo build;
  std::map<std::string, std::string> flags;  // as /api/v1/status/flags shows them
  std::map<std::string, bool> features;      // feature flag -> enabled
  std::string storage_retention;             // "15d"
  bool admin_api = false;                    // whether data may be deleted
  int64_t start_ms = 0;
  std::function<int64_t()> now_ms;  // required
};

}  // namespace gnomon::http
