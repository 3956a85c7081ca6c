#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "adapters/clickhouse/http_client.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// What is true of all samples of a database and never taken back, from the table `facts`: so that a
// query need not look for what there never was. Any thread.
class MetricFacts {
 public:
  using Metrics = std::set<std::string, std::less<>>;
  struct Known {
    bool starts = false;  // there may be start times
    // Metrics that may have native histograms. Never null.
    std::shared_ptr<const Metrics> histograms = std::make_shared<const Metrics>();
  };

  explicit MetricFacts(HttpClient& client) : client_(client) {}

  Known known() const;
  // A SELECT of the rows, and what it answered.
  std::string select() const;
  void learn(std::span<const std::string_view> rows);

  // Makes it known to every server, before the first such sample: durable when it returns. Errors:
  // those of insert(). One thread at a time.
  Result<void> record_starts(const std::stop_token& abandoned);
  Result<void> record_histograms(const Metrics& metrics, const std::stop_token& abandoned);

 private:
  Result<void> record(const std::string& fact, const std::stop_token& abandoned);

  HttpClient& client_;
  mutable std::mutex mutex_;
  Known known_;  // guarded by mutex_
};

}  // namespace gnomon::clickhouse
