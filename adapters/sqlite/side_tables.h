#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/writer.h"
#include "src/base/result.h"
#include "src/model/write_batch.h"

namespace gnomon::sqlite {

// Type, help and unit of metrics, in memory and in their table. Any thread; changes are stored and
// applied by the writer.
class MetadataTable {
 public:
  Result<void> load(Connection& connection);
  // Inside the transaction: what is new in the batch. apply() makes it visible after the commit.
  Result<void> store(Connection& connection, const Write& write);
  void apply(const Write& write);
  // Sorted by metric; all when `metric` is empty.
  std::vector<model::MetadataEntry> find(const std::string& metric) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, model::Metadata> entries_;
};

// The newest exemplars, bounded by kExemplarsMax in memory and in the table.
class ExemplarTable {
 public:
  Result<void> load(Connection& connection);
  Result<void> store(Connection& connection, const Write& write);
  // Returns how many were added.
  uint64_t apply(const Write& write);
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
  int64_t next_id_ = 1;        // the writer's alone
};

}  // namespace gnomon::sqlite
