#include "src/server/instance.h"

#include <algorithm>
#include <thread>

#include "adapters/backends.h"
#include "http/prometheus/routes.h"
#include "src/base/clock.h"
#include "src/base/log.h"
#include "src/base/text.h"
#include "src/base/version.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::server {
namespace {

engine::EngineOptions engine_options(const InstanceOptions& options) {
  engine::EngineOptions chosen = options.engine;
  chosen.features = choose_features(options.features).promql;
  return chosen;
}

size_t worker_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

// What the store knows of itself, as metrics.
void collect_store(storage::MetricStore& store, std::vector<base::MetricFamily>& out) {
  const auto statistics = store.catalog().statistics(0, {});
  if (!statistics.ok()) return;
  for (const auto& [name, value] : statistics->counters) {
    const bool counter = name.ends_with("_total");
    out.push_back({name,
                   "Counted by the store.",
                   counter ? base::MetricType::Counter : base::MetricType::Gauge,
                   {}});
    out.back().samples.push_back({"", {}, value});
  }
}

// What is counted of the set of tenants.
void collect_tenants(const TenantSet& tenants, std::vector<base::MetricFamily>& out) {
  const TenantSet::Counts counts = tenants.counts();
  const auto add = [&out](const char* name, const char* help, base::MetricType type, uint64_t n) {
    out.push_back({name, help, type, {}});
    out.back().samples.push_back({"", {}, static_cast<double>(n)});
  };
  using enum base::MetricType;
  add("gnomon_tenants_open", "Tenants whose stores are open.", Gauge, counts.open);
  add("gnomon_tenants_opened_total", "Stores of tenants opened.", Counter, counts.opened);
  add("gnomon_tenants_closed_total", "Stores of tenants closed to make room.", Counter,
      counts.closed);
  add("gnomon_tenants_failed_total", "Failed attempts to open the store of a tenant.", Counter,
      counts.failed);
}

}  // namespace

Result<std::unique_ptr<Instance>> Instance::open(const InstanceOptions& options) {
  for (const std::string& name : choose_features(options.features).unknown) {
    base::log(base::LogLevel::Warn, "Unknown option for --enable-feature", {{"option", name}});
  }
  std::unique_ptr<storage::Database> database;
  if (options.multi_tenant) {
    TRY(const std::string some_url, adapters::tenant_url(options.store, "some"));
    (void)some_url;  // the scheme is known
  } else {
    TRY(database, adapters::open_database(options.store, options.store_options));
  }
  std::unique_ptr<Instance> instance(new Instance(options));
  if (options.multi_tenant) {
    instance->serve_tenants();
  } else {
    instance->serve_one(std::move(database));
  }
  return instance;
}

Instance::Instance(const InstanceOptions& options) : options_(options), workers_(worker_threads()) {
  server_.metrics = &metrics_;
  server_.build.gnomon_version = base::version();
  server_.flags = options.flags;
  server_.features = choose_features(options.features).enabled;
  const int64_t retention_ms = options.store_options.retention_ms;
  server_.storage_retention = retention_ms == 0 ? "" : base::format_duration(retention_ms);
  server_.admin_api = options.admin_api;
  server_.start_ms = base::now_ms();
  server_.now_ms = base::now_ms;
  metrics_.add_collector(base::collect_process_metrics);
}

std::unique_ptr<Tenant> Instance::make_tenant(std::unique_ptr<storage::Database> database) {
  return std::make_unique<Tenant>(std::move(database), workers_, engine_options(options_), server_);
}

void Instance::serve_one(std::unique_ptr<storage::Database> database) {
  metrics_.add_collector([&store = database->metrics()](auto& out) { collect_store(store, out); });
  only_ = make_tenant(std::move(database));
  router_ = std::make_unique<http::Router>(prometheus::routes(), server_, only_->context());
}

void Instance::serve_tenants() {
  const bool closable = adapters::outlives_closing(options_.store);
  TenantSet::Source source;
  source.open = [this](const std::string& name) -> Result<std::unique_ptr<Tenant>> {
    TRY(const std::string url, adapters::tenant_url(options_.store, name));
    storage::StoreOptions store_options = options_.store_options;
    store_options.chunk_cache_bytes /= base::kTenantChunkCacheShare;
    TRY(auto database, adapters::open_database(url, store_options));
    return make_tenant(std::move(database));
  };
  source.may_exist = [this](const std::string& name) {
    const auto url = adapters::tenant_url(options_.store, name);
    return !url.ok() || adapters::may_exist(*url);
  };
  source.open_max = closable ? options_.tenants_open_max : base::kTenantsInMemoryMax;
  source.closable = closable;
  auto empty = make_tenant(adapters::open_memory());
  tenants_ = std::make_unique<TenantSet>(std::move(source), std::move(empty));
  metrics_.add_collector([this](auto& out) { collect_tenants(*tenants_, out); });
  router_ = std::make_unique<http::Router>(prometheus::routes(), server_, *tenants_);
}

Result<void> Instance::write(const std::string& tenant, const model::WriteBatch& batch) {
  if (only_ != nullptr) {
    TRY_VOID(only_->context().store.append(batch, {}));
    return {};
  }
  TRY(const auto context, tenants_->find(tenant, true, {}));
  TRY_VOID(context->store.append(batch, {}));
  return {};
}

}  // namespace gnomon::server
