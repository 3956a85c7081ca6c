#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "adapters/clickhouse/change_log.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/part_list.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// What is known of the whole store, at most kPulseMs old.
struct Vitals {
  uint64_t series_version = 0;  // another one when series may have changed
  bool starts = false;          // there may be start times
  // Metrics that may have native histograms. Never null.
  std::shared_ptr<const std::set<std::string, std::less<>>> histograms;
};

// Asks ClickHouse now and then what other servers changed, so that answers can be kept meanwhile:
// every INSERT makes a part, which says the times of its samples. Any thread.
class Pulse {
 public:
  explicit Pulse(HttpClient& client) : client_(client) {}

  Result<Vitals> vitals(std::stop_token stop);
  // Another number than before when samples or histograms of these times may have changed, as of
  // the last vitals() and of what this server noted. Take it before they are read.
  uint64_t samples_version(int64_t min_time_ms, int64_t max_time_ms) const;

  // This server wrote or removed something.
  void note_series() { ++own_series_; }
  void note_samples(int64_t min_time_ms, int64_t max_time_ms);

  // Makes it known to every server, before the first such row: durable when it returns.
  Result<void> record_starts();
  Result<void> record_histograms(const std::set<std::string, std::less<>>& metrics);

 private:
  using Names = std::set<std::string, std::less<>>;
  Result<void> refresh(std::stop_token stop);
  Result<void> record(const std::string& fact);
  void take(std::string_view answer, bool parts_known);

  HttpClient& client_;
  std::atomic<uint64_t> own_series_ = 0;

  std::mutex asking_;
  int64_t asked_ns_ = 0;  // guarded by asking_; 0: never

  mutable std::mutex mutex_;
  // What was answered last, guarded by mutex_.
  Names series_state_;
  Names other_state_;  // of what parts do not tell
  PartList parts_;
  ChangeLog changes_;                                         // guarded by mutex_
  Vitals vitals_{0, false, std::make_shared<const Names>()};  // guarded by mutex_
};

}  // namespace gnomon::clickhouse
