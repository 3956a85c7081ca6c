#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "adapters/clickhouse/http_client.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// What is known of the whole store, at most kPulseMs old.
struct Vitals {
  uint64_t series_version = 0;  // another one when series may have changed
  bool histograms = false;      // there may be native histograms
  bool starts = false;          // there may be start times
};

// Asks ClickHouse now and then what other servers changed, so that answers can be kept meanwhile.
// Any thread.
class Pulse {
 public:
  explicit Pulse(HttpClient& client) : client_(client) {}

  Result<Vitals> vitals(std::stop_token stop);
  // This server wrote or removed series.
  void note_series() { ++own_writes_; }

  // Makes a fact known to every server, before the first row that it is about: durable when it
  // returns.
  Result<void> record(const char* fact, std::atomic<bool>& known);
  std::atomic<bool>& histograms() { return histograms_; }
  std::atomic<bool>& starts() { return starts_; }

 private:
  Result<void> refresh(std::stop_token stop);

  HttpClient& client_;
  std::atomic<uint64_t> own_writes_ = 0;
  std::atomic<bool> histograms_ = false;
  std::atomic<bool> starts_ = false;

  std::mutex mutex_;
  int64_t asked_ns_ = 0;  // guarded by mutex_; 0: never
  std::string parts_;     // guarded by mutex_: the state of the series table
  uint64_t version_ = 0;  // guarded by mutex_
};

}  // namespace gnomon::clickhouse
