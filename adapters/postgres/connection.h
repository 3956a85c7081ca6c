#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

struct pg_conn;
struct pg_result;

namespace gnomon::postgres {

// The rows of a statement. Views are valid as long as the rows.
class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result);
  int count() const;
  bool is_null(int row, int column) const;
  std::string_view bytes(int row, int column) const;
  // Of an integer or boolean column, in binary or as text.
  int64_t integer(int row, int column) const;

 private:
  struct Free {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Free> result_;
};

// A parameter, sent in binary. bytes() and text() must outlive the call they are passed to.
struct Value {
  uint32_t type;
  std::string own;
  std::string_view view;
  static Value integer(int64_t v);
  static Value bytes(std::string_view v);
};
using Values = std::vector<Value>;

// Rows for COPY ... FROM STDIN (FORMAT binary).
class CopyData {
 public:
  CopyData();
  CopyData& row(int16_t columns);
  CopyData& big(int64_t v);    // bigint
  CopyData& small(int32_t v);  // integer
  CopyData& bytes(std::string_view v);
  // The bytes of a bytea in two parts.
  CopyData& bytes(std::string_view a, std::string_view b);
  size_t size() const { return data_.size(); }
  std::string_view finish();

 private:
  std::string data_;
};

// One session. One thread at a time. Errors: Unavailable when the session was lost or what failed
// may succeed when it is tried again, Canceled after a stop request, else Internal; they name what
// PostgreSQL said.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const std::string& uri);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Statements without parameters; the rows, as text, of the last one that has any.
  Result<Rows> run(const std::string& statements);
  // One statement; rows in binary. A stop request cancels it in the server.
  Result<Rows> query(const std::string& statement, const Values& values = {},
                     const std::stop_token& stop = {});
  // Several statements in one round trip, in a transaction of their own unless there is one.
  Result<std::vector<Rows>> pipeline(const std::vector<std::string>& statements,
                                     const std::stop_token& stop = {});
  // Statements of which one is a COPY FROM STDIN: runs up to it; rows as in run().
  Result<Rows> begin_copy(const std::string& statements);
  // Sends the rows and runs what follows the COPY.
  Result<void> end_copy(std::string_view data);
  // Gives the COPY up; the transaction has failed.
  void abandon_copy();
  Result<void> copy(const std::string& statement, CopyData& data);
  // Gives up a transaction, if there is one.
  void roll_back();

  // Whether it is outside of a transaction and was not lost, as far as that is known without
  // asking the server.
  bool reusable();
  bool lost() const;
  bool in_transaction() const;
  int socket() const;
  // Payloads of the notifications that came.
  std::vector<std::string> notifications();

 private:
  explicit Connection(pg_conn* connection) : connection_(connection) {}
  Error error(const char* said) const;
  Error error(const pg_result* result) const;
  Result<Rows> drain(bool until_copy);
  class Canceling;

  pg_conn* connection_;
  bool canceled_ = false;  // a late cancel might hit the next statement
};

// "name", quotes doubled.
std::string quote_name(std::string_view name);
// 'text', quotes doubled.
std::string quote_text(std::string_view text);

}  // namespace gnomon::postgres
