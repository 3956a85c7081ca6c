#include "adapters/sqlite_database.h"

#include <utility>

#include "src/base/log.h"

namespace gnomon::adapters {

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::string& path,
                                                             const storage::StoreOptions& options) {
  TRY(auto opened, sqlite::Database::open(path, options));
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(std::move(opened)));
  database->database_->add(storage::Signal::Metrics, database->metrics_);
  TRY_VOID(database->database_->start());
  database->started_ = true;
  return database;
}

SqliteDatabase::SqliteDatabase(std::unique_ptr<sqlite::Database> database)
    : database_(std::move(database)), metrics_(*database_) {}

SqliteDatabase::~SqliteDatabase() {
  if (!started_) return;
  const auto closed = database_->close();
  // Nothing is lost: the next start replays the log.
  if (!closed.ok()) {
    base::log(base::LogLevel::Error, "the store was not sealed",
              {{"error", closed.error().message}});
  }
}

}  // namespace gnomon::adapters
