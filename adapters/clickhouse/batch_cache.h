#pragma once

#include <cstdint>
#include <list>
#include <mutex>

#include "adapters/clickhouse/batch.h"
#include "adapters/clickhouse/series_list.h"

namespace gnomon::clickhouse {

// The batches fetched last that hold every sample of a selection in some range, so that the next
// question about the same series and nearly the same time asks nobody. Bounded by bytes. Any
// thread.
class BatchCache {
 public:
  explicit BatchCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  // One that covers the range, of this version of the samples; null: none.
  BatchPtr find(const SeriesListPtr& list, uint64_t version, int64_t min_time_ms,
                int64_t max_time_ms);
  // Batches that would fill most of the cache are not kept.
  void store(const SeriesListPtr& list, uint64_t version, int64_t min_time_ms, int64_t max_time_ms,
             BatchPtr batch);

 private:
  struct Entry {
    SeriesListPtr list;
    uint64_t version = 0;
    int64_t min_time_ms = 0;
    int64_t max_time_ms = 0;
    BatchPtr batch;
  };
  void drop(std::list<Entry>::iterator at);

  const size_t bytes_max_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // used last in front
  size_t bytes_ = 0;
};

}  // namespace gnomon::clickhouse
