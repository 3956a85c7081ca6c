#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/schema.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// Drops partitions whose newest row is older than the newest row of the same signal minus its
// retention: as all stores count, and unlike a TTL, whose clock is the wall's. Any number of
// servers may do so at once.
class Expiry {
 public:
  explicit Expiry(HttpClient& client) : client_(client) {}

  // Before start(). The tables of a signal, which stay valid; those that are PartitionBy::Time say
  // what is newest. retention_ms 0: never.
  void add(std::span<const Table> tables, int64_t retention_ms);
  // Runs now and then on a thread of its own, which ends with this.
  void start();
  // Once; for every signal, whatever fails for another. Error: the first one. Any thread.
  Result<void> run(const std::stop_token& stop = {});

 private:
  struct Kept {
    std::span<const Table> tables;
    int64_t retention_ms;
  };
  Result<void> expire(const Kept& kept, const std::stop_token& stop);
  void loop(const std::stop_token& stop);

  HttpClient& client_;
  std::vector<Kept> kept_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: ends first
};

}  // namespace gnomon::clickhouse
