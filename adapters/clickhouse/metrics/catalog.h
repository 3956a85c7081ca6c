#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/clickhouse/change_poller.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/metrics/metrics_signal.h"
#include "adapters/clickhouse/metrics/page_cache.h"
#include "adapters/clickhouse/metrics/series_list.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

// Answers about series, in SQL; time ranges by day. Any thread.
class ClickHouseCatalog : public storage::Catalog {
 public:
  ClickHouseCatalog(HttpClient& client, ChangePoller& poller, SeriesCache& cache,
                    const PageCache& pages, const MetricsSignal& metrics)
      : client_(client), poller_(poller), cache_(cache), pages_(pages), metrics_(metrics) {}

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

  // The series of a query, from the cache where it has them of this version: what poll() gave.
  Result<SeriesListPtr> find(const storage::CatalogQuery& query, uint64_t version,
                             std::stop_token stop);

 private:
  HttpClient& client_;
  ChangePoller& poller_;
  SeriesCache& cache_;
  const PageCache& pages_;
  const MetricsSignal& metrics_;

  std::mutex mutex_;
  uint64_t strings_version_ = 0;                             // guarded by mutex_
  std::map<std::string, std::vector<std::string>> strings_;  // guarded by mutex_; by SQL
};

}  // namespace gnomon::clickhouse
