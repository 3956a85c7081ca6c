#pragma once

#include "http/context.h"
#include "http/prometheus/routes.h"
#include "http/router.h"
#include "src/base/clock.h"
#include "src/base/worker_pool.h"
#include "src/engine/engine.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::http {

// All that answers requests for the data of one store.
struct OneTenant {
  explicit OneTenant(storage::MetricStore& store, const engine::EngineOptions& options = {})
      : engine(store, workers, options), tenant{server, engine, store} {
    server.now_ms = base::now_ms;
  }

  base::WorkerPool workers{2};
  engine::Engine engine;
  ServerContext server;
  TenantContext tenant;
  Router router{prometheus::routes(), server, tenant};
};

}  // namespace gnomon::http
