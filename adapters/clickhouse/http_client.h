#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/clickhouse/options.h"
#include "src/base/limits.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// One request to ClickHouse. Views must live until it is answered.
struct Request {
  std::string sql;
  std::string_view data{};       // follows an INSERT
  std::string_view table_ids{};  // 16 bytes each: the external table `ids (id UInt128)`
  std::vector<std::pair<std::string, std::string>> settings{};
  // The time that is left for it, here and in ClickHouse: its max_execution_time.
  int64_t timeout_ms = base::kClickHouseStatementMs;
  bool reads_only = false;  // a SELECT: ClickHouse ends it when the connection ends
};

// What went wrong, and whether the same request may succeed later.
struct Failure {
  Error error;
  bool transient = false;
  int code = 0;  // ClickHouse's; 0: it did not answer
};

// Requests over connections that are kept alive, as many as are needed at once: none waits for
// another. Any thread.
class HttpClient {
 public:
  explicit HttpClient(Options options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Called with the pieces of an answer as they come; the first error ends the request.
  using Sink = std::function<Result<void>(std::string_view piece)>;
  // Errors: what ClickHouse says; Unavailable when it cannot be reached; Timeout after timeout_ms;
  // Canceled within milliseconds of `stop`, which closes the connection: with `reads_only` the
  // query in ClickHouse ends, too, within its interactive_delay (100 ms by default). Else
  // ClickHouse does what it was asked to until that is done or its max_execution_time is over.
  Result<void> run(const Request& request, const Sink& sink, std::stop_token stop);
  // The whole answer.
  Result<std::string> fetch(const Request& request, std::stop_token stop = {});
  // The same, telling what kind of failure it was.
  bool try_run(const Request& request, const Sink& sink, std::stop_token stop, Failure& failure);

  const Options& options() const { return options_; }

 private:
  struct Connection;
  class Transfer;
  std::unique_ptr<Connection> take();
  void give(std::unique_ptr<Connection> connection);

  const Options options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace gnomon::clickhouse
