#include "adapters/clickhouse/metrics/clickhouse_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "adapters/clickhouse/metrics/catalog.h"
#include "adapters/clickhouse/metrics/metrics_signal.h"
#include "adapters/clickhouse/metrics/removal.h"
#include "adapters/clickhouse/metrics/rollups.h"
#include "adapters/clickhouse/metrics/selection.h"

namespace gnomon::clickhouse {

struct ClickHouseStore::Parts {
  Parts(Database& its_database, const storage::StoreOptions& options)
      : database(its_database), pages(options.chunk_cache_bytes) {
    capabilities.last_per_step = true;
    capabilities.windows = true;
  }

  storage::Capabilities capabilities;
  Database& database;
  HttpClient& client = database.client();
  MetricsSignal metrics{client};
  SeriesCache cache;
  PageCache pages;
  ClickHouseCatalog catalog{client, database.poller(), cache, pages, metrics};
};

namespace {

bool may_have_histograms(const SeriesList& series,
                         const std::set<std::string, std::less<>>& metrics) {
  if (metrics.empty()) return false;
  return std::any_of(series.labels.begin(), series.labels.end(), [&](const model::Labels& labels) {
    return metrics.contains(labels.get(model::kMetricName));
  });
}

// On one machine it costs ClickHouse about three times as much to compute the points as to send the
// samples. On: whether there are fewer points than samples, with a sample every 15 s, and points
// for the next query to find in the cache; or so many samples that they would not be kept, either.
// Auto: whether there are far fewer, and so many samples.
bool worth_rolling_up(const storage::Fragment& fragment, size_t series, NativeRollups mode) {
  const auto& rollup = std::get<storage::Rollup>(fragment.reduction);
  const bool instant = rollup.grid.steps() == 1;
  const int64_t per_point_ms =
      instant ? rollup.window_ms : std::min(rollup.grid.step_ms, rollup.window_ms);
  const double samples = static_cast<double>(series) *
                         static_cast<double>(fragment.max_time_ms - fragment.min_time_ms) /
                         static_cast<double>(kScrapeMs);
  const bool many = samples > kPagedSamples;
  if (mode == NativeRollups::On) return per_point_ms >= 2 * kScrapeMs && (many || !instant);
  return per_point_ms >= 40 * kScrapeMs && many;
}

}  // namespace

ClickHouseStore::ClickHouseStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ClickHouseStore::~ClickHouseStore() = default;

Result<std::unique_ptr<ClickHouseStore>> ClickHouseStore::open(
    Database& database, const storage::StoreOptions& options) {
  auto parts = std::make_unique<Parts>(database, options);
  TRY_VOID(database.add(parts->metrics, options.retention_ms));
  TRY(parts->capabilities.rollups, available_rollups(parts->client));
  return std::unique_ptr<ClickHouseStore>(new ClickHouseStore(std::move(parts)));
}

const storage::Capabilities& ClickHouseStore::capabilities() const { return parts_->capabilities; }

Result<model::WriteOutcome> ClickHouseStore::append(const model::WriteBatch& batch,
                                                    std::stop_token stop) {
  if (batch.rows.empty() && batch.metadata.empty()) return model::WriteOutcome{};
  MetricsEntry entry(parts_->metrics, batch, std::move(stop));
  TRY_VOID(parts_->database.writer().write(entry));
  return std::move(entry.outcome);
}

Result<std::unique_ptr<storage::Selection>> ClickHouseStore::select(
    const storage::Fragment& fragment, std::stop_token stop) {
  TRY(const uint64_t version, parts_->database.poller().poll(parts_->metrics, stop));
  const MetricFacts::Known facts = parts_->metrics.facts();
  ClickHouseSelection::Plan plan{fragment, nullptr, false, facts.starts};
  const storage::CatalogQuery query{
      {fragment.matchers}, fragment.min_time_ms, fragment.max_time_ms};
  TRY(plan.series, parts_->catalog.find(query, version, stop));
  plan.histograms = may_have_histograms(*plan.series, *facts.histograms);
  // ClickHouse's own functions know floats only.
  const NativeRollups mode = parts_->client.options().native_rollups;
  if (std::holds_alternative<storage::Rollup>(fragment.reduction) &&
      (plan.histograms || !worth_rolling_up(fragment, plan.series->ids.size(), mode))) {
    plan.fragment.reduction = std::monostate();
  }
  return std::unique_ptr<storage::Selection>(std::make_unique<ClickHouseSelection>(
      parts_->client, parts_->pages, parts_->metrics.changes(), std::move(plan)));
}

storage::Catalog& ClickHouseStore::catalog() { return parts_->catalog; }

Result<void> ClickHouseStore::remove(const storage::CatalogQuery& what, std::stop_token stop) {
  MetricsSignal& metrics = parts_->metrics;
  const auto body = [&] {
    return remove_samples(parts_->client, what, metrics.known_series(), stop);
  };
  auto removed = parts_->database.writer().exclusive(body, stop);
  metrics.changes().note_whole();
  metrics.changes().note(what.min_time_ms, what.max_time_ms);
  return removed;
}

}  // namespace gnomon::clickhouse
