#pragma once

#include <memory>
#include <string_view>

#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon::postgres {

// A MetricStore in a schema of a PostgreSQL database that several servers may share. A sample is
// durable in the log before it is acknowledged; every server follows the log and so has the same
// recent samples in memory; one of them seals old ones into chunks.
class PostgresStore : public storage::MetricStore {
 public:
  // Creates the schema when there is none. `url`: see Address.
  static Result<std::unique_ptr<PostgresStore>> open(std::string_view url,
                                                     const storage::StoreOptions& options);
  // Of the last server that has the schema open: seals everything and empties the log.
  ~PostgresStore() override;

  const storage::Capabilities& capabilities() const override;
  // Unavailable when the database stayed away; whether the batch was stored is then not known, and
  // it does no harm to write it again.
  Result<model::WriteOutcome> append(const model::WriteBatch& batch, std::stop_token stop) override;
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override;
  storage::Catalog& catalog() override;
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override;

  // What the background thread does from time to time when this server is the one that does it:
  // seals ripe windows (all of them when `everything`), merges days, expires. Any thread.
  Result<void> maintain(bool everything);
  // Applies what other servers have written until now. Any thread.
  Result<void> follow();

 private:
  struct Parts;
  explicit PostgresStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gnomon::postgres
