#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

#include "adapters/clickhouse/http_client.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// Drops partitions whose newest row is older than the newest sample of the store minus the
// retention: as all stores count, and unlike a TTL, whose clock is the wall's. Any number of
// servers may do so at once.
class Expiry {
 public:
  // retention_ms 0: never.
  Expiry(HttpClient& client, int64_t retention_ms) : client_(client), retention_ms_(retention_ms) {}
  // Stops the thread.
  ~Expiry() = default;

  // Runs now and then on a thread of its own.
  void start();
  Result<void> run(const std::stop_token& stop = {});

 private:
  void loop(const std::stop_token& stop);

  HttpClient& client_;
  const int64_t retention_ms_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: ends first
};

}  // namespace gnomon::clickhouse
