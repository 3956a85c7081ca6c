#pragma once

#include <memory>

#include "adapters/postgres/database.h"
#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon::postgres {

// The metrics of a schema. Made before the database is started, used after that; closes it before
// it goes.
class PostgresStore : public storage::MetricStore {
 public:
  PostgresStore(Database& database, const storage::StoreOptions& options);
  ~PostgresStore() override;

  const storage::Capabilities& capabilities() const override;
  // Unavailable when the database stayed away; whether the batch was stored is then not known, and
  // it does no harm to write it again.
  Result<model::WriteOutcome> append(const model::WriteBatch& batch, std::stop_token stop) override;
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override;
  storage::Catalog& catalog() override;
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override;

  // Those of the database.
  Result<void> maintain(bool everything);
  Result<void> follow();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gnomon::postgres
