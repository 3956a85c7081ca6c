#pragma once

#include <memory>

#include "adapters/clickhouse/database.h"
#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon::clickhouse {

// The metrics of a ClickHouse database. Any number of servers may share it: what one has written is
// seen by the others within a second.
class ClickHouseStore : public storage::MetricStore {
 public:
  // Registers with the database, which must outlive the store; creates its tables when they are not
  // there. Errors: Unavailable, what ClickHouse says.
  static Result<std::unique_ptr<ClickHouseStore>> open(Database& database,
                                                       const storage::StoreOptions& options);
  ~ClickHouseStore() override;

  const storage::Capabilities& capabilities() const override;
  Result<model::WriteOutcome> append(const model::WriteBatch& batch, std::stop_token stop) override;
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override;
  storage::Catalog& catalog() override;
  // Canceled: see remove_samples(); this server may write again at once.
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override;

 private:
  struct Parts;
  explicit ClickHouseStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gnomon::clickhouse
