#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/api/context.h"
#include "http/router.h"
#include "src/base/metrics.h"
#include "src/base/result.h"
#include "src/base/worker_pool.h"
#include "src/cli/features.h"
#include "src/engine/engine.h"
#include "src/storage/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon::cli {

struct InstanceOptions {
  std::string store = "sqlite:gnomon.db";
  storage::StoreOptions store_options;
  engine::EngineOptions engine;  // its features come from `features`
  std::vector<std::string> features;
  std::map<std::string, std::string> flags;  // as /api/v1/status/flags shows them
};

// Everything that answers requests, wired up: store, workers, engine, metrics, router. Not movable:
// its parts refer to each other.
class Instance {
 public:
  static Result<std::unique_ptr<Instance>> open(const InstanceOptions& options);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const http::Router& router() const { return router_; }
  storage::MetricStore& store() { return *store_; }
  base::MetricsRegistry& metrics() { return metrics_; }

 private:
  Instance(std::unique_ptr<storage::MetricStore> store, const InstanceOptions& options);

  std::unique_ptr<storage::MetricStore> store_;
  base::WorkerPool workers_;
  base::MetricsRegistry metrics_;
  engine::Engine engine_;
  api::Context context_;
  http::Router router_;
};

}  // namespace gnomon::cli
