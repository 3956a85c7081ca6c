#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/page_cache.h"
#include "adapters/clickhouse/pulse.h"
#include "adapters/clickhouse/series_list.h"
#include "adapters/clickhouse/writer.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

// Answers about series, in SQL; time ranges by day. Any thread.
class ClickHouseCatalog : public storage::Catalog {
 public:
  ClickHouseCatalog(HttpClient& client, Pulse& pulse, SeriesCache& cache, const PageCache& pages,
                    const Writer& writer)
      : client_(client), pulse_(pulse), cache_(cache), pages_(pages), writer_(writer) {}

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

  // The series of a query, from the cache where nothing changed since.
  Result<SeriesListPtr> find(const storage::CatalogQuery& query, uint64_t version,
                             std::stop_token stop);

 private:
  HttpClient& client_;
  Pulse& pulse_;
  SeriesCache& cache_;
  const PageCache& pages_;
  const Writer& writer_;

  std::mutex mutex_;
  uint64_t strings_version_ = 0;                             // guarded by mutex_
  std::map<std::string, std::vector<std::string>> strings_;  // guarded by mutex_; by SQL
};

}  // namespace gnomon::clickhouse
