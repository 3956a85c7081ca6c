#pragma once

#include <memory>

#include "http/context.h"
#include "src/base/worker_pool.h"
#include "src/engine/engine.h"
#include "src/storage/database.h"

namespace gnomon::server {

// One namespace that answers requests: a database, an engine with limits of its own, and what
// handlers may use of both. Not movable: its parts refer to each other.
class Tenant {
 public:
  // `workers` and `server` must outlive it.
  Tenant(std::unique_ptr<storage::Database> database, base::WorkerPool& workers,
         const engine::EngineOptions& options, const http::ServerContext& server);
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  const http::TenantContext& context() const { return context_; }

 private:
  std::unique_ptr<storage::Database> database_;
  engine::Engine engine_;
  const http::TenantContext context_;
};

}  // namespace gnomon::server
