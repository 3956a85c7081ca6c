#include "adapters/sqlite/connection.h"

#include <sqlite3.h>

#include <utility>

namespace gnomon::sqlite {

Error database_error(sqlite3* database, int code) {
  const char* name = database != nullptr ? sqlite3_db_filename(database, nullptr) : nullptr;
  const std::string file = name != nullptr && *name != '\0' ? name : "the database";
  const std::string detail = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorKind::Unavailable, "no space left for " + file + "; nothing was stored"};
    case SQLITE_NOTADB:
      return {ErrorKind::Execution, file + " is not a SQLite database"};
    case SQLITE_CORRUPT:
      return {ErrorKind::Internal, file + " is damaged: " + detail};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::Unavailable, file + " is in use by another process"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {ErrorKind::Unavailable, file + " cannot be written: " + detail};
    case SQLITE_IOERR:
      return {ErrorKind::Unavailable, "cannot read or write " + file + ": " + detail};
    case SQLITE_NOMEM:
      return {ErrorKind::Unavailable, "out of memory while using " + file};
    case SQLITE_INTERRUPT:
      return base::canceled();
    default:
      return {ErrorKind::Internal, file + ": " + detail};
  }
}

Query::Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

Query& Query::operator=(Query&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

Query::~Query() { sqlite3_finalize(statement_); }

Query& Query::bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

Query& Query::bind_blob(int parameter, std::string_view value) {
  // A null pointer would bind NULL.
  const char* data = value.empty() ? "" : value.data();
  sqlite3_bind_blob64(statement_, parameter, data, value.size(), SQLITE_STATIC);
  return *this;
}

Query& Query::bind_text(int parameter, std::string_view value) {
  const char* data = value.empty() ? "" : value.data();
  sqlite3_bind_text64(statement_, parameter, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Result<bool> Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  Error error = database_error(sqlite3_db_handle(statement_), code);
  sqlite3_reset(statement_);
  return error;
}

Result<void> Query::run() {
  auto row = step();
  while (row.ok() && *row) row = step();
  if (!row.ok()) return std::move(row).error();
  return {};
}

void Query::reset() { sqlite3_reset(statement_); }

int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

Result<Connection> Connection::open(const std::string& path, Mode mode) {
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (mode == Mode::Create ? SQLITE_OPEN_CREATE : 0);
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  Connection connection(database);
  if (code != SQLITE_OK) return database_error(database, code);
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, 10'000);
  if (mode == Mode::ReadOnly) TRY_VOID(connection.run("PRAGMA query_only = 1"));
  return connection;
}

// SQLite calls it between steps of its virtual machine, many thousand times a second. Unlike
// sqlite3_interrupt() it needs no other thread, and hits no statement but those of this object's
// life.
Interrupting::Interrupting(Connection& connection, std::stop_token stop)
    : database_(connection.database_), stop_(std::move(stop)) {
  constexpr int kStepsBetween = 1'000;
  const auto stopped = [](void* token) {
    return static_cast<const std::stop_token*>(token)->stop_requested() ? 1 : 0;
  };
  void* const token = const_cast<std::stop_token*>(&stop_);
  if (stop_.stop_possible()) sqlite3_progress_handler(database_, kStepsBetween, stopped, token);
}

Interrupting::~Interrupting() {
  if (stop_.stop_possible()) sqlite3_progress_handler(database_, 0, nullptr, nullptr);
}

Connection::Connection(Connection&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(database_, other.database_);
  return *this;
}

Connection::~Connection() { sqlite3_close_v2(database_); }

Result<void> Connection::run(const char* statements) {
  const int code = sqlite3_exec(database_, statements, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return database_error(database_, code);
  return {};
}

Result<Query> Connection::prepare(std::string_view text) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return database_error(database_, code);
  return Query(statement);
}

Result<int64_t> Connection::integer(std::string_view text) {
  TRY(Query query, prepare(text));
  TRY(const bool row, query.step());
  return row ? query.integer(0) : 0;
}

Result<void> Connection::checkpoint(bool truncate) {
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(database_, nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK) return database_error(database_, code);
  return {};
}

}  // namespace gnomon::sqlite
