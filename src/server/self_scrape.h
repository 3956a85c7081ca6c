#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "src/base/metrics.h"
#include "src/base/result.h"
#include "src/model/write_batch.h"

namespace gnomon::server {

struct ScrapeTarget {
  std::string job = "gnomon";
  std::string instance;  // host:port
};

// One scrape as a write: every sample with job and instance, the families' metadata, and up,
// scrape_duration_seconds, scrape_samples_scraped and scrape_samples_post_metric_relabeling.
model::WriteBatch scrape_batch(const std::vector<base::MetricFamily>& families,
                               const ScrapeTarget& target, int64_t time_ms,
                               double duration_seconds);
// What a Prometheus writes when a target goes away: the same series, stale.
model::WriteBatch stale_batch(const model::WriteBatch& last, int64_t time_ms);

// Writes the process' own metrics into its store every `interval_ms` on a thread of its own; the
// first time before the constructor returns, so that a first query finds data. The destructor stops
// it and marks the series stale.
class SelfScrape {
 public:
  using Write = std::function<Result<void>(const model::WriteBatch&)>;
  SelfScrape(const base::MetricsRegistry& metrics, Write write, ScrapeTarget target,
             int64_t interval_ms);
  ~SelfScrape();
  SelfScrape(const SelfScrape&) = delete;
  SelfScrape& operator=(const SelfScrape&) = delete;

 private:
  void scrape();
  void work(std::stop_token stop);

  const base::MetricsRegistry& metrics_;
  Write write_;
  ScrapeTarget target_;
  int64_t interval_ms_;
  model::WriteBatch last_;
  std::jthread thread_;
};

}  // namespace gnomon::server
