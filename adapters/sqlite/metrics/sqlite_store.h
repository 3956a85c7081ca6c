#pragma once

#include <memory>
#include <string>

#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon::sqlite {

// A MetricStore in one SQLite file that this process alone owns. A sample is durable in the log
// before it is acknowledged, visible in the head from then on, and sealed into chunks later.
class SqliteStore : public storage::MetricStore {
 public:
  // Creates the file when there is none. Errors (and nothing is changed): a foreign or damaged
  // file, a newer schema, a file another process has open, a place that cannot be written.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path,
                                                   const storage::StoreOptions& options);
  // Seals everything, empties the log and gives unused pages back.
  ~SqliteStore() override;

  const storage::Capabilities& capabilities() const override;
  Result<model::WriteOutcome> append(const model::WriteBatch& batch, std::stop_token stop) override;
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override;
  storage::Catalog& catalog() override;
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override;

  // What the background thread does from time to time: seals ripe windows (all of them when
  // `everything`), merges days, expires. Any thread.
  Result<void> maintain(bool everything);

  // The file takes at most so many pages of 16 KiB from now on, as on a small disk.
  Result<void> limit_pages(int64_t pages);

  class State;

 private:
  struct Parts;
  explicit SqliteStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gnomon::sqlite
