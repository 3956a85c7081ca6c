#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sqlite/state.h"
#include "src/storage/metric_store.h"

namespace gnomon::sqlite {

// Answers about series from the index in memory; time ranges by window. Any thread.
class SqliteCatalog : public storage::Catalog {
 public:
  explicit SqliteCatalog(SqliteStore::State& state) : state_(state) {}

  Result<std::vector<model::Labels>> series(const storage::CatalogQuery& query) override;
  Result<std::vector<std::string>> label_strings(const storage::CatalogQuery& query,
                                                 const std::string& label) override;
  Result<std::vector<model::MetadataEntry>> metadata(const std::string& metric) override;
  Result<std::vector<storage::ExemplarSeries>> exemplars(
      const storage::CatalogQuery& query) override;
  Result<storage::Statistics> statistics(size_t top) override;

 private:
  Result<storage::SeriesIndex::Predicate> in_range(int64_t min_time_ms, int64_t max_time_ms);
  using SeriesSet = std::vector<bool>;
  using SeriesSetPtr = std::shared_ptr<const SeriesSet>;
  Result<SeriesSetPtr> series_of(const sql::ChunkTable& table, int64_t window);

  SqliteStore::State& state_;
  // Which series have chunks in a window, as of one layout.
  std::mutex mutex_;
  LayoutPtr sets_layout_;
  std::map<std::pair<int64_t, int64_t>, SeriesSetPtr> sets_;  // by window length and window
};

}  // namespace gnomon::sqlite
