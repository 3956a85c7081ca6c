#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/context.h"
#include "http/router.h"
#include "src/base/limits.h"
#include "src/base/metrics.h"
#include "src/base/result.h"
#include "src/base/worker_pool.h"
#include "src/engine/engine.h"
#include "src/model/write_batch.h"
#include "src/server/features.h"
#include "src/server/tenant.h"
#include "src/server/tenant_set.h"
#include "src/storage/store_options.h"

namespace gnomon::server {

struct InstanceOptions {
  std::string store = "sqlite:gnomon.db";
  storage::StoreOptions store_options;
  engine::EngineOptions engine;  // its features come from `features`
  std::vector<std::string> features;
  bool multi_tenant = false;  // a namespace for each tenant instead of one
  bool admin_api = false;     // whether clients may delete data
  size_t tenants_open_max = base::kTenantsOpenMax;
  std::map<std::string, std::string> flags;  // as /api/v1/status/flags shows them
};

// Everything that answers requests, wired up: one store or that of each tenant, workers, engines,
// metrics, router. Not movable: its parts refer to each other.
class Instance {
 public:
  static Result<std::unique_ptr<Instance>> open(const InstanceOptions& options);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const http::Router& router() const { return *router_; }
  // Writes into the store; with several tenants into that of `tenant`.
  Result<void> write(const std::string& tenant, const model::WriteBatch& batch);
  base::MetricsRegistry& metrics() { return metrics_; }

 private:
  explicit Instance(const InstanceOptions& options);
  std::unique_ptr<Tenant> make_tenant(std::unique_ptr<storage::Database> database);
  void serve_one(std::unique_ptr<storage::Database> database);
  void serve_tenants();

  const InstanceOptions options_;
  base::WorkerPool workers_;
  base::MetricsRegistry metrics_;
  http::ServerContext server_;
  std::unique_ptr<Tenant> only_;        // either
  std::unique_ptr<TenantSet> tenants_;  // or
  std::unique_ptr<http::Router> router_;
};

}  // namespace gnomon::server
