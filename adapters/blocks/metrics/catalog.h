#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/blocks/metrics/memory.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::blocks {

// Answers about series from the index in memory; time ranges by window. Any thread.
class ChunkCatalog : public storage::Catalog {
 public:
  // By series id, whether it has a chunk in a window; may end after the last that has.
  using SeriesSet = std::vector<bool>;
  using ReadSeries = std::function<Result<SeriesSet>(const ChunkTable& table, int64_t window,
                                                     const std::stop_token& stop)>;
  // The store's own counters, by metric name.
  using Count = std::function<void(std::map<std::string, double>&)>;
  ChunkCatalog(Memory& memory, ReadSeries read_series, Count count)
      : memory_(memory), read_series_(std::move(read_series)), count_(std::move(count)) {}

  Result<std::vector<model::Labels>> series(const storage::CatalogQuery& query,
                                            std::stop_token stop) override;
  Result<std::vector<std::string>> label_strings(const storage::CatalogQuery& query,
                                                 const std::string& label,
                                                 std::stop_token stop) override;
  Result<std::vector<model::MetadataEntry>> metadata(const std::string& metric,
                                                     std::stop_token stop) override;
  Result<std::vector<storage::ExemplarSeries>> exemplars(const storage::CatalogQuery& query,
                                                         std::stop_token stop) override;
  Result<storage::Statistics> statistics(size_t top, std::stop_token stop) override;

 private:
  Result<storage::SeriesIndex::Predicate> in_range(int64_t min_time_ms, int64_t max_time_ms,
                                                   const std::stop_token& stop);
  using SeriesSetPtr = std::shared_ptr<const SeriesSet>;
  Result<SeriesSetPtr> series_of(const ChunkTable& table, int64_t window,
                                 const std::stop_token& stop);

  Memory& memory_;
  const ReadSeries read_series_;
  const Count count_;
  // Which series have chunks in a window, as of one layout.
  std::mutex mutex_;
  SealedWindowsPtr sets_layout_;
  std::map<std::pair<int64_t, int64_t>, SeriesSetPtr> sets_;  // by window length and window
};

}  // namespace gnomon::blocks
