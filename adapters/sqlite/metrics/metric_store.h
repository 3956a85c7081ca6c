#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "adapters/sqlite/database.h"
#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::sqlite {

// The metrics of a SQLite file. A sample is durable in the log before it is acknowledged, visible
// in the head from then on, and sealed into chunks later. As a Signal it is the database's to call.
class SqliteMetricStore final : public storage::MetricStore, public Signal {
 public:
  // The database must outlive it.
  explicit SqliteMetricStore(Database& database);
  ~SqliteMetricStore() override;

  const storage::Capabilities& capabilities() const override;
  Result<model::WriteOutcome> append(const model::WriteBatch& batch, std::stop_token stop) override;
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override;
  storage::Catalog& catalog() override;
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override;

  Result<void> load(Connection& connection) override;
  Result<void> replay(uint64_t seq, std::string_view record) override;
  Result<void> store(Transaction& transaction, std::span<blocks::LogWrite* const> writes) override;
  void apply(blocks::LogWrite& write) override;
  Result<void> maintain(Maintenance how) override;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace gnomon::sqlite
