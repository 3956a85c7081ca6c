#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/clickhouse/batch.h"
#include "adapters/clickhouse/batch_cache.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/series_list.h"
#include "adapters/clickhouse/statements.h"
#include "src/storage/metric_store.h"

namespace gnomon::clickhouse {

// A selection of at most so many samples, with one every 15 s, may be kept for the next query.
inline constexpr double kKeptSamples = 600'000;

// What a query reads. Samples lie in ClickHouse by series id, and are wanted in label order: they
// are fetched in batches of many series, each with one streamed query, and cursors take them from
// there. At most two batches are in memory besides those that cursors stand in. What is small is
// fetched for somewhat more time than asked for, and kept for the next query.
class ClickHouseSelection : public storage::Selection {
 public:
  // What is known when it is made.
  struct Plan {
    storage::Fragment fragment;  // without a Rollup that ClickHouse cannot do
    SeriesListPtr series;
    bool histograms = false;  // there may be some
    bool starts = false;      // there may be some
    uint64_t version = 0;     // of the samples
  };
  // Client and cache must outlive the selection.
  ClickHouseSelection(HttpClient& client, BatchCache& cache, Plan plan);

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
  // Of different samples at one time the first written.
  Result<void> read_exactly(size_t series, model::SampleBlock& block, std::stop_token stop) const;
  void choose_fetch();
  bool whole_metric() const;

  HttpClient& client_;
  BatchCache& cache_;
  const Plan plan_;
  storage::Fragment fetched_;  // what is asked of ClickHouse
  bool kept_for_others_ = false;

  mutable std::mutex mutex_;  // also held while a batch is fetched: the others would wait for it
  mutable std::vector<Part> parts_;  // of the first series of the selection, in order
  mutable size_t batch_series_;
  mutable BatchPtr kept_[2];  // the newest first
};

}  // namespace gnomon::clickhouse
