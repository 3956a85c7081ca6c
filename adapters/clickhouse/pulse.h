#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "adapters/clickhouse/http_client.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// What is known of the whole store, at most kPulseMs old.
struct Vitals {
  uint64_t series_version = 0;   // another one when series may have changed
  uint64_t samples_version = 0;  // another one when samples or histograms may have changed
  bool starts = false;           // there may be start times
  // Metrics that may have native histograms. Never null.
  std::shared_ptr<const std::set<std::string, std::less<>>> histograms;
};

// Asks ClickHouse now and then what other servers changed, so that answers can be kept meanwhile.
// Any thread.
class Pulse {
 public:
  explicit Pulse(HttpClient& client) : client_(client) {}

  Result<Vitals> vitals(std::stop_token stop);
  // This server wrote or removed something.
  void note_series() { ++own_series_; }
  void note_samples() { ++own_samples_; }

  // Makes it known to every server, before the first such row: durable when it returns.
  Result<void> record_starts();
  Result<void> record_histograms(const std::set<std::string, std::less<>>& metrics);

 private:
  using Names = std::set<std::string, std::less<>>;
  Result<void> refresh(std::stop_token stop);
  Result<void> record(const std::string& fact);

  HttpClient& client_;
  std::atomic<uint64_t> own_series_ = 0;
  std::atomic<uint64_t> own_samples_ = 0;

  std::mutex asking_;
  int64_t asked_ns_ = 0;  // guarded by asking_; 0: never

  std::mutex mutex_;
  std::string series_parts_;   // guarded by mutex_: the state of the table
  std::string samples_parts_;  // guarded by mutex_: of both tables
  Vitals vitals_{0, 0, false, std::make_shared<const Names>()};  // guarded by mutex_
};

}  // namespace gnomon::clickhouse
