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
        pages(options.chunk_cache_bytes),
        expiry(client, options.retention_ms) {
    capabilities.last_per_step = true;
    capabilities.windows = true;
  }

  storage::Capabilities capabilities;
  HttpClient client;
  Pulse pulse{client};
  SeriesCache cache;
  PageCache pages;
  Writer writer{client, pulse};
  ClickHouseCatalog catalog{client, pulse, cache, pages, writer};
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
    std::string_view rest, const storage::StoreOptions& options) {
  TRY(Options parsed, parse_options(rest));
  auto parts = std::make_unique<Parts>(std::move(parsed), options);
  TRY_VOID(open_schema(parts->client, options.retention_ms));
  TRY(parts->capabilities.rollups, available_rollups(parts->client));
  if (options.background) parts->expiry.start();
  return std::unique_ptr<ClickHouseStore>(new ClickHouseStore(std::move(parts)));
}

const storage::Capabilities& ClickHouseStore::capabilities() const { return parts_->capabilities; }

Result<model::WriteOutcome> ClickHouseStore::append(const model::WriteBatch& batch,
                                                    std::stop_token stop) {
  if (batch.rows.empty() && batch.metadata.empty()) return model::WriteOutcome{};
  if (stop.stop_requested()) return base::canceled();
  return parts_->writer.write(batch);
}

Result<std::unique_ptr<storage::Selection>> ClickHouseStore::select(
    const storage::Fragment& fragment, std::stop_token stop) {
  TRY(const Vitals vitals, parts_->pulse.vitals(stop));
  ClickHouseSelection::Plan plan{fragment, nullptr, false, vitals.starts};
  const storage::CatalogQuery query{
      {fragment.matchers}, fragment.min_time_ms, fragment.max_time_ms};
  TRY(plan.series, parts_->catalog.find(query, vitals.series_version, stop));
  plan.histograms = may_have_histograms(*plan.series, *vitals.histograms);
  // ClickHouse's own functions know floats only.
  const NativeRollups mode = parts_->client.options().native_rollups;
  if (std::holds_alternative<storage::Rollup>(fragment.reduction) &&
      (plan.histograms || !worth_rolling_up(fragment, plan.series->ids.size(), mode))) {
    plan.fragment.reduction = std::monostate();
  }
  return std::unique_ptr<storage::Selection>(std::make_unique<ClickHouseSelection>(
      parts_->client, parts_->pages, parts_->pulse, std::move(plan)));
}

storage::Catalog& ClickHouseStore::catalog() { return parts_->catalog; }

Result<void> ClickHouseStore::remove(const storage::CatalogQuery& what, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  const Writer::Body body = [&](KnownSeries& known) {
    return remove_samples(parts_->client, what, known);
  };
  TRY_VOID(parts_->writer.exclusive(body));
  parts_->pulse.note_series();
  parts_->pulse.note_samples(what.min_time_ms, what.max_time_ms);
  return {};
}

Result<void> ClickHouseStore::maintain() { return parts_->expiry.run(); }

}  // namespace gnomon::clickhouse
