#include "src/server/tenant.h"

#include <utility>

namespace gnomon::server {

Tenant::Tenant(std::unique_ptr<storage::MetricStore> store, base::WorkerPool& workers,
               const engine::EngineOptions& options, const http::Context& server)
    : store_(std::move(store)), engine_(*store_, workers, options), context_(server) {
  context_.engine = &engine_;
  context_.store = store_.get();
  context_.tenants = nullptr;
}

}  // namespace gnomon::server
