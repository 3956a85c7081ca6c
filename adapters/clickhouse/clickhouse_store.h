#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "adapters/clickhouse/options.h"
#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon::clickhouse {

// A MetricStore in a database of a ClickHouse server or cluster. Any number of servers may share
// one: what one has written is seen by the others within a second.
class ClickHouseStore : public storage::MetricStore {
 public:
  // `rest`: the URL after "clickhouse:", see parse_options(). Creates database and tables when they
  // are not there. Errors: BadData for the URL, Unavailable, what ClickHouse says.
  static Result<std::unique_ptr<ClickHouseStore>> open(std::string_view rest,
                                                       const storage::StoreOptions& options);
  ~ClickHouseStore() override;

  const storage::Capabilities& capabilities() const override;
  Result<model::WriteOutcome> append(const model::WriteBatch& batch, std::stop_token stop) override;
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override;
  storage::Catalog& catalog() override;
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override;

  // What the background thread does from time to time: drops partitions that are too old.
  Result<void> maintain();

 private:
  struct Parts;
  explicit ClickHouseStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gnomon::clickhouse
