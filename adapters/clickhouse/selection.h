#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/clickhouse/batch.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/series_list.h"
#include "adapters/clickhouse/statements.h"
#include "src/storage/metric_store.h"

namespace gnomon::clickhouse {

// What a query reads. Samples lie in ClickHouse by series id, and are wanted in label order: they
// are fetched in batches of many series, each with one streamed query, and cursors take them from
// there. At most two batches are in memory besides those that cursors stand in.
class ClickHouseSelection : public storage::Selection {
 public:
  // What is known when it is made. The client must outlive the selection.
  struct Plan {
    storage::Fragment fragment;  // without a Rollup that ClickHouse cannot do
    SeriesListPtr series;
    bool histograms = false;  // there may be some
    bool starts = false;      // there may be some
  };
  ClickHouseSelection(HttpClient& client, Plan plan);

  std::span<const model::Labels> series() const override { return plan_.series->labels; }
  Result<std::unique_ptr<storage::SeriesCursor>> open(size_t begin, size_t end,
                                                      std::stop_token stop) const override;
  bool rolled_up() const override;
  std::string describe() const override;

 private:
  friend class ClickHouseCursor;
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

  // The batch that holds the series; fetched when it is not in memory.
  Result<Found> batch_of(size_t series, std::stop_token stop) const;
  Result<BatchPtr> fetch(Part& part, std::stop_token stop) const;
  Result<void> read_exactly(size_t series, model::SampleBlock& block, std::stop_token stop) const;
  size_t series_per_batch() const;
  bool whole_metric() const;

  HttpClient& client_;
  const Plan plan_;

  mutable std::mutex mutex_;  // also held while a batch is fetched: the others would wait for it
  mutable std::vector<Part> parts_;  // of the first series of the selection, in order
  mutable size_t batch_series_;
  mutable BatchPtr kept_[2];  // the newest first
};

}  // namespace gnomon::clickhouse
