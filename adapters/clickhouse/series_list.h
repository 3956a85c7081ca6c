#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/series_id.h"
#include "src/base/result.h"
#include "src/model/matcher.h"
#include "src/storage/metric_store.h"

namespace gnomon::clickhouse {

// The series some matchers select, in label order. Immutable.
struct SeriesList {
  std::vector<SeriesId> ids;
  std::vector<model::Labels> labels;
};
using SeriesListPtr = std::shared_ptr<const SeriesList>;

// Asks ClickHouse; every series once. The matchers hold exactly.
Result<SeriesListPtr> find_series(HttpClient& client, const storage::CatalogQuery& query,
                                  std::stop_token stop);

// The lists asked for last, at most base::kSelectionsCachedMax of them with at most
// base::kSelectionSeriesCachedMax series in all. Any thread.
class SeriesCache {
 public:
  // `version`: an entry of another one does not count.
  SeriesListPtr find(const std::string& key, uint64_t version);
  void store(const std::string& key, uint64_t version, SeriesListPtr list);

 private:
  struct Entry {
    std::string key;
    uint64_t version;
    SeriesListPtr list;
  };
  using Order = std::list<Entry>;  // used last in front
  void drop(Order::iterator at);

  std::mutex mutex_;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator> places_;
  size_t series_ = 0;
};

}  // namespace gnomon::clickhouse
