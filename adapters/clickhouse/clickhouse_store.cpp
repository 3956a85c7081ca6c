#include "adapters/clickhouse/clickhouse_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "adapters/clickhouse/catalog.h"
#include "adapters/clickhouse/expiry.h"
#include "adapters/clickhouse/removal.h"
#include "adapters/clickhouse/rollups.h"
#include "adapters/clickhouse/schema.h"
#include "adapters/clickhouse/selection.h"

namespace gnomon::clickhouse {

struct ClickHouseStore::Parts {
  Parts(Options parsed, const storage::StoreOptions& options)
      : client(std::move(parsed)),
        batches(options.chunk_cache_bytes),
        expiry(client, options.retention_ms) {
    capabilities.last_per_step = true;
    capabilities.windows = true;
  }

  storage::Capabilities capabilities;
  HttpClient client;
  Pulse pulse{client};
  SeriesCache cache;
  BatchCache batches;
  Writer writer{client, pulse};
  ClickHouseCatalog catalog{client, pulse, cache, writer};
  Expiry expiry;  // last: its thread ends first
};

namespace {

bool may_have_histograms(const SeriesList& series,
                         const std::set<std::string, std::less<>>& metrics) {
  if (metrics.empty()) return false;
  return std::any_of(series.labels.begin(), series.labels.end(), [&](const model::Labels& labels) {
    return metrics.contains(labels.get(model::kMetricName));
  });
}

// Whether the points are far fewer than the samples, with a sample every 15 s. Else it is quicker
// to send the samples, which other queries may use, too.
bool sends_less(const storage::Rollup& rollup) {
  if (rollup.grid.steps() == 1) return rollup.window_ms >= 3'600'000;
  return std::min(rollup.grid.step_ms, rollup.window_ms) >= 600'000;
}

}  // namespace

ClickHouseStore::ClickHouseStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ClickHouseStore::~ClickHouseStore() = default;

Result<std::unique_ptr<ClickHouseStore>> ClickHouseStore::open(
    std::string_view rest, const storage::StoreOptions& options) {
  TRY(Options parsed, parse_options(rest));
  auto parts = std::make_unique<Parts>(std::move(parsed), options);
  TRY_VOID(open_schema(parts->client, options.retention_ms));
  TRY(parts->capabilities.rollups, available_rollups(parts->client));
  if (options.background) parts->expiry.start();
  return std::unique_ptr<ClickHouseStore>(new ClickHouseStore(std::move(parts)));
}

const storage::Capabilities& ClickHouseStore::capabilities() const { return parts_->capabilities; }

Result<model::WriteOutcome> ClickHouseStore::append(const model::WriteBatch& batch) {
  if (batch.rows.empty() && batch.metadata.empty()) return model::WriteOutcome{};
  return parts_->writer.write(batch);
}

Result<std::unique_ptr<storage::Selection>> ClickHouseStore::select(
    const storage::Fragment& fragment, std::stop_token stop) {
  TRY(const Vitals vitals, parts_->pulse.vitals(stop));
  ClickHouseSelection::Plan plan{fragment, nullptr, false, vitals.starts, vitals.samples_version};
  const storage::CatalogQuery query{
      {fragment.matchers}, fragment.min_time_ms, fragment.max_time_ms};
  TRY(plan.series, parts_->catalog.find(query, vitals.series_version, stop));
  plan.histograms = may_have_histograms(*plan.series, *vitals.histograms);
  // ClickHouse's own functions know floats only.
  const auto* rollup = std::get_if<storage::Rollup>(&fragment.reduction);
  const bool always = parts_->client.options().native_rollups == NativeRollups::On;
  if (rollup != nullptr && (plan.histograms || !(always || sends_less(*rollup)))) {
    plan.fragment.reduction = std::monostate();
  }
  return std::unique_ptr<storage::Selection>(
      std::make_unique<ClickHouseSelection>(parts_->client, parts_->batches, std::move(plan)));
}

storage::Catalog& ClickHouseStore::catalog() { return parts_->catalog; }

Result<void> ClickHouseStore::remove(const storage::CatalogQuery& what) {
  const Writer::Body body = [&](KnownSeries& known) {
    return remove_samples(parts_->client, what, known);
  };
  TRY_VOID(parts_->writer.exclusive(body));
  parts_->pulse.note_series();
  parts_->pulse.note_samples();
  return {};
}

Result<void> ClickHouseStore::maintain() { return parts_->expiry.run(); }

}  // namespace gnomon::clickhouse
