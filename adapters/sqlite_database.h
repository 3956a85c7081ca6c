#pragma once

#include <memory>
#include <string>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/metrics/metric_store.h"
#include "src/storage/database.h"

namespace gnomon::adapters {

// A SQLite file with the stores of all signals. Any thread.
class SqliteDatabase final : public storage::Database {
 public:
  // Errors: see sqlite::Database::open().
  static Result<std::unique_ptr<SqliteDatabase>> open(const std::string& path,
                                                      const storage::StoreOptions& options);
  ~SqliteDatabase() override;

  storage::MetricStore& metrics() override { return metrics_; }

  // What the upkeep thread does from time to time; seals everything where told so.
  Result<void> maintain(bool everything) { return database_->maintain(everything); }
  sqlite::Database& database() { return *database_; }

 private:
  explicit SqliteDatabase(std::unique_ptr<sqlite::Database> database);

  const std::unique_ptr<sqlite::Database> database_;
  sqlite::SqliteMetricStore metrics_;
  bool started_ = false;
};

}  // namespace gnomon::adapters
