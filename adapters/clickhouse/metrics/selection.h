#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/clickhouse/changes.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/metrics/batch.h"
#include "adapters/clickhouse/metrics/page_cache.h"
#include "adapters/clickhouse/metrics/pages.h"
#include "adapters/clickhouse/metrics/series_list.h"
#include "adapters/clickhouse/stoppable_mutex.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

// What a query reads. Samples lie in ClickHouse by series id, and are wanted in label order. What
// is not too much is read in pages that are kept for the next query; else samples are fetched in
// batches of many series, each with one streamed query, and cursors take them from there: then at
// most two batches are in memory besides those that cursors stand in.
class ClickHouseSelection : public storage::Selection {
 public:
  // What is known when it is made.
  struct Plan {
    storage::Fragment fragment;  // without a Rollup that ClickHouse cannot do
    SeriesListPtr series;
    bool histograms = false;  // there may be some
    bool starts = false;      // there may be some
  };
  // Client, cache and changes must outlive the selection.
  ClickHouseSelection(HttpClient& client, PageCache& cache, const Changes& changes, Plan plan);

  std::span<const model::Labels> series() const override { return plan_.series->labels; }
  Result<std::unique_ptr<storage::SeriesCursor>> open(size_t begin, size_t end,
                                                      std::stop_token stop) const override;
  bool rolled_up() const override;
  std::string describe() const override;

 private:
  friend class ClickHouseCursor;
  using Pages = std::vector<blocks::ChunkPagePtr>;
  struct Part {
    size_t begin = 0;
    size_t end = 0;
    std::weak_ptr<const Batch> batch;
  };
  struct Found {
    BatchPtr batch;
    size_t begin = 0;
    size_t end = 0;
  };

  // All pages, which stay as long as the selection; null: it is read in batches.
  Result<const Pages*> pages(std::stop_token stop) const;
  // The batch that holds the series; fetched when it is not in memory.
  Result<Found> batch_of(size_t series, std::stop_token stop) const;
  Result<BatchPtr> fetch(Part& part, std::stop_token stop) const;
  // Of different samples at one time the first written.
  Result<void> read_exactly(size_t series, int64_t min_time_ms, int64_t max_time_ms,
                            model::SampleBlock& block, std::stop_token stop) const;
  bool whole_metric() const;

  HttpClient& client_;
  PageCache& cache_;
  const Changes& changes_;
  const Plan plan_;

  // Also held while something is fetched: the others would wait for it.
  mutable StoppableMutex mutex_;          // guards what follows
  mutable std::optional<PageSpan> span_;  // none: batches
  mutable Pages pages_;
  mutable std::vector<Part> parts_;  // of the first series of the selection, in order
  mutable size_t batch_series_;
  mutable BatchPtr kept_[2];  // the newest first
};

}  // namespace gnomon::clickhouse
