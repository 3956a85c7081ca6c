#pragma once

#include <memory>
#include <string>
#include <utility>

#include "adapters/clickhouse/database.h"
#include "adapters/clickhouse/metrics/clickhouse_store.h"
#include "src/storage/store_options.h"

namespace gnomon {

// An open database with its metrics, without anything that happens by itself.
class OpenClickHouse {
 public:
  // `rest`: what follows "clickhouse:" in the URL.
  static Result<OpenClickHouse> open(const std::string& rest,
                                     const storage::StoreOptions& options) {
    OpenClickHouse opened;
    TRY(opened.database_, clickhouse::Database::open(rest));
    TRY(opened.store_, clickhouse::ClickHouseStore::open(*opened.database_, options));
    return opened;
  }
  OpenClickHouse() = default;
  OpenClickHouse(std::nullptr_t) {}  // NOLINT

  explicit operator bool() const { return store_ != nullptr; }
  clickhouse::Database& database() const { return *database_; }
  clickhouse::ClickHouseStore& operator*() const { return *store_; }
  clickhouse::ClickHouseStore* operator->() const { return store_.get(); }

 private:
  std::unique_ptr<clickhouse::Database> database_;  // first: outlives the store
  std::unique_ptr<clickhouse::ClickHouseStore> store_;
};

}  // namespace gnomon
