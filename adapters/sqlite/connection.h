#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "src/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace gnomon::sqlite {

// A prepared statement. One thread at a time; must not outlive its connection.
// Bound blobs and texts must stay valid until the next reset().
class Query {
 public:
  Query() = default;
  Query(Query&& other) noexcept;
  Query& operator=(Query&& other) noexcept;
  ~Query();

  // Parameters from 1, columns from 0.
  Query& bind(int parameter, int64_t value);
  Query& bind_blob(int parameter, std::string_view value);
  Query& bind_text(int parameter, std::string_view value);
  // True: a row is there. False: done, and reset.
  Result<bool> step();
  // Runs a statement that yields no rows.
  Result<void> run();
  void reset();
  int64_t integer(int column) const;
  explicit operator bool() const { return statement_ != nullptr; }
  // Valid until the next step() or reset().
  std::string_view blob(int column) const;

 private:
  friend class Connection;
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_ = nullptr;
};

// One connection to a database file. One thread at a time.
class Connection {
 public:
  enum class Mode : uint8_t { Create, ReadOnly };
  static Result<Connection> open(const std::string& path, Mode mode);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  Result<void> run(const char* statements);
  Result<Query> prepare(std::string_view text);
  // The first column of the first row; 0 when there is no row.
  Result<int64_t> integer(std::string_view text);
  // Copies the write-ahead log into the file, up to what readers still need; `truncate` waits for
  // readers and empties it.
  Result<void> checkpoint(bool truncate);

 private:
  friend class Interrupting;
  explicit Connection(sqlite3* database) : database_(database) {}
  sqlite3* database_ = nullptr;
};

// While it lives a stop interrupts what the connection runs: it fails with Canceled within a
// moment, also a statement that began after the stop. The connection can be used again afterwards.
class Interrupting {
 public:
  Interrupting(Connection& connection, std::stop_token stop);
  ~Interrupting();
  Interrupting(const Interrupting&) = delete;
  Interrupting& operator=(const Interrupting&) = delete;

 private:
  sqlite3* const database_;
  const std::stop_token stop_;
};

// What went wrong with `database`, in our words: disk full, damaged, busy, ... and the file.
Error database_error(sqlite3* database, int code);

}  // namespace gnomon::sqlite
