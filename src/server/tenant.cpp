#include "src/server/tenant.h"

#include <utility>

#include "src/storage/metrics/metric_store.h"

namespace gnomon::server {

Tenant::Tenant(std::unique_ptr<storage::Database> database, base::WorkerPool& workers,
               const engine::EngineOptions& options, const http::ServerContext& server)
    : database_(std::move(database)),
      engine_(database_->metrics(), workers, options),
      context_{server, engine_, database_->metrics()} {}

}  // namespace gnomon::server
