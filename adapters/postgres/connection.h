#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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
  CopyData& tiny(int16_t v);   // smallint
  CopyData& bytes(std::string_view v);
  // The bytes of one bytea in parts.
  CopyData& bytes(std::span<const std::string_view> parts);
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
  // Waits for the server as long as connect_timeout of the URI says, 10 s where it says nothing.
  static Result<std::unique_ptr<Connection>> open(const std::string& uri);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Until the next call of obey(), `stop` ends every statement at once: one that runs is canceled
  // in the server, later ones are not sent; all fail with Canceled. A canceled one is waited for
  // as long as base::kPostgresStopMs: whether it was carried out is not known then, and the
  // connection is not reusable(), for a cancel that comes late might hit its next statement. The
  // stop that was obeyed before.
  std::stop_token obey(std::stop_token stop);
  // Whether a statement was canceled.
  bool canceled() const { return canceled_; }

  // Statements without parameters; the rows, as text, of the last one that has any.
  Result<Rows> run(const std::string& statements);
  // One statement; rows in binary.
  Result<Rows> query(const std::string& statement, const Values& values = {});
  // Several statements in one round trip, in a transaction of their own unless there is one.
  Result<std::vector<Rows>> pipeline(const std::vector<std::string>& statements);
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
  using Clock = std::chrono::steady_clock;
  struct Wake {
    int event;
    void operator()() const noexcept;
  };
  explicit Connection(pg_conn* connection) : connection_(connection) {}
  Error error(const char* said) const;
  Error error(const pg_result* result) const;
  Error error() const;
  bool stopped() const { return stop_.stop_requested(); }
  void wait(short events);
  bool flush();
  pg_result* next_result();
  void cancel();
  Result<void> send(int sent);
  Result<Rows> drain(bool until_copy);

  pg_conn* connection_;
  int event_ = -1;  // readable when the stop fired
  std::stop_token stop_;
  std::optional<std::stop_callback<Wake>> wake_;
  bool canceled_ = false;
  bool abandoned_ = false;        // a canceled statement did not end
  Clock::time_point wait_until_;  // for the end of a canceled statement
};

// "name", quotes doubled.
std::string quote_name(std::string_view name);
// 'text', quotes doubled.
std::string quote_text(std::string_view text);

}  // namespace gnomon::postgres
