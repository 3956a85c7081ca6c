#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/metrics/series_id.h"
#include "src/base/limits.h"
#include "src/base/lru.h"
#include "src/base/result.h"
#include "src/model/matcher.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

inline uint64_t new_list_number() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

// The series some matchers select, in label order. Immutable.
struct SeriesList {
  const uint64_t number = new_list_number();  // of this one alone, also when it is gone
  std::vector<SeriesId> ids;
  std::vector<model::Labels> labels;
};
using SeriesListPtr = std::shared_ptr<const SeriesList>;

// Asks ClickHouse; every series once. The matchers hold exactly.
Result<SeriesListPtr> find_series(HttpClient& client, const storage::CatalogQuery& query,
                                  std::stop_token stop);

// The lists asked for last, with about base::kSelectionSeriesCachedMax series in all. Any thread.
class SeriesCache {
 public:
  // `version`: an entry of another one does not count.
  SeriesListPtr find(const std::string& key, uint64_t version);
  // The list that is kept: where the one before had the same series it stays, and what is known of
  // it with it.
  SeriesListPtr store(const std::string& key, uint64_t version, SeriesListPtr list);

 private:
  struct Versioned {
    uint64_t version;
    SeriesListPtr list;
  };

  std::mutex mutex_;
  base::Lru<std::string, Versioned> lists_{base::kSelectionSeriesCachedMax};  // guarded by mutex_
};

}  // namespace gnomon::clickhouse
