#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "src/model/write_batch.h"
#include "src/storage/series_index.h"

namespace gnomon::blocks {

// Type, help and unit of metrics. Any thread.
class MetadataMap {
 public:
  void put(const std::string& metric, model::Metadata metadata);
  void put(const std::vector<model::MetadataEntry>& entries);
  // Whether exactly this is known already.
  bool has(const model::MetadataEntry& entry) const;
  // Sorted by metric; all when `metric` is empty.
  std::vector<model::MetadataEntry> find(const std::string& metric) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, model::Metadata> entries_;
};

// The newest exemplars, bounded by kExemplarsMax. Any thread.
class ExemplarRing {
 public:
  void add(storage::SeriesId series, model::Exemplar exemplar);
  // Those of a batch; ids[i] is the series of row i. Returns how many there were.
  uint64_t add(const model::WriteBatch& batch, const std::vector<storage::SeriesId>& ids);
  void clear();
  using Found = std::map<storage::SeriesId, std::vector<model::Exemplar>>;
  // By time within a series, repeats once, at most kExemplarsPerSeriesMax.
  Found find(int64_t min_time_ms, int64_t max_time_ms) const;

 private:
  struct Entry {
    storage::SeriesId series;
    model::Exemplar exemplar;
  };
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  // oldest first
};

}  // namespace gnomon::blocks
