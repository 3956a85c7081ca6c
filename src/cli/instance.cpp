#include "src/cli/instance.h"

#include <algorithm>
#include <thread>

#include "adapters/backends.h"
#include "http/routes.h"
#include "src/base/clock.h"
#include "src/base/log.h"
#include "src/base/text.h"
#include "src/cli/version.h"

namespace gnomon::cli {
namespace {

engine::EngineOptions engine_options(const InstanceOptions& options) {
  engine::EngineOptions chosen = options.engine;
  chosen.features = choose_features(options.features).promql;
  return chosen;
}

size_t worker_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

// What the store knows of itself, as metrics.
void collect_store(storage::MetricStore& store, std::vector<base::MetricFamily>& out) {
  const auto statistics = store.catalog().statistics(0);
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

}  // namespace

Result<std::unique_ptr<Instance>> Instance::open(const InstanceOptions& options) {
  for (const std::string& name : choose_features(options.features).unknown) {
    base::log(base::LogLevel::Warn, "Unknown option for --enable-feature", {{"option", name}});
  }
  TRY(auto store, adapters::open_store(options.store, options.store_options));
  return std::unique_ptr<Instance>(new Instance(std::move(store), options));
}

Instance::Instance(std::unique_ptr<storage::MetricStore> store, const InstanceOptions& options)
    : store_(std::move(store)),
      workers_(worker_threads()),
      engine_(*store_, workers_, engine_options(options)),
      router_(http::routes(), context_) {
  context_.engine = &engine_;
  context_.store = store_.get();
  context_.metrics = &metrics_;
  context_.build.gnomon_version = kVersion;
  context_.flags = options.flags;
  context_.features = choose_features(options.features).enabled;
  const int64_t retention_ms = options.store_options.retention_ms;
  context_.storage_retention = retention_ms == 0 ? "" : base::format_duration(retention_ms);
  context_.start_ms = base::now_ms();
  context_.now_ms = base::now_ms;
  metrics_.add_collector(base::collect_process_metrics);
  metrics_.add_collector([this](auto& out) { collect_store(*store_, out); });
}

}  // namespace gnomon::cli
