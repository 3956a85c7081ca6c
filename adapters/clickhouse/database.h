#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "adapters/clickhouse/change_poller.h"
#include "adapters/clickhouse/expiry.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/signal.h"
#include "adapters/clickhouse/writer.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// A database of a ClickHouse server or cluster: what its signals share. It knows none of them; each
// registers itself. Any number of servers may have it open: what one has written is seen by the
// others within a second.
class Database {
 public:
  // `rest`: the URL after "clickhouse:", see parse_options(). Asks no server yet. Error: BadData.
  static Result<std::unique_ptr<Database>> open(std::string_view rest);

  // Creates the database and the signal's tables where they are missing, and serves the signal from
  // then on. Before start() and before any write. The signal must outlive every write and poll;
  // it may end before the database. Errors: Unavailable, what ClickHouse says.
  Result<void> add(Signal& signal, int64_t retention_ms);
  // Begins to maintain() from time to time, on a thread that ends with the database.
  void start() { expiry_.start(); }

  // Drops what is older than its signal's retention. Any thread.
  Result<void> maintain() { return expiry_.run(); }

  // Valid as long as the database.
  HttpClient& client() { return client_; }
  Writer& writer() { return writer_; }
  ChangePoller& poller() { return poller_; }

 private:
  explicit Database(Options options) : client_(std::move(options)) {}

  HttpClient client_;
  Writer writer_;
  ChangePoller poller_{client_};
  Expiry expiry_{client_};  // last: its thread ends first
};

}  // namespace gnomon::clickhouse
