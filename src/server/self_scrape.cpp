#include "src/server/self_scrape.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "src/base/clock.h"
#include "src/base/log.h"
#include "src/model/labels.h"

namespace gnomon::server {
namespace {

class ScrapeWriter {
 public:
  ScrapeWriter(const ScrapeTarget& target, int64_t time_ms) : target_(target), time_ms_(time_ms) {}

  void add(const std::string& name, const base::MetricLabels& labels, double value) {
    std::vector<std::pair<std::string, std::string>> all(labels.begin(), labels.end());
    all.emplace_back(model::kMetricName, name);
    all.emplace_back("job", target_.job);
    all.emplace_back("instance", target_.instance);
    batch.begin_row(model::Labels::from(std::move(all)).view());
    batch.add(model::Sample{time_ms_, value});
    batch.end_row();
  }

  model::WriteBatch batch;

 private:
  const ScrapeTarget& target_;
  int64_t time_ms_;
};

}  // namespace

model::WriteBatch scrape_batch(const std::vector<base::MetricFamily>& families,
                               const ScrapeTarget& target, int64_t time_ms,
                               double duration_seconds) {
  ScrapeWriter writer(target, time_ms);
  for (const base::MetricFamily& family : families) {
    writer.batch.metadata.push_back(
        {family.name, {std::string(base::metric_type_name(family.type)), family.help, ""}});
    for (const base::MetricSample& sample : family.samples) {
      writer.add(family.name + sample.suffix, sample.labels, sample.value);
    }
  }
  const auto scraped = static_cast<double>(writer.batch.samples.size());
  writer.add("up", {}, 1);
  writer.add("scrape_duration_seconds", {}, duration_seconds);
  writer.add("scrape_samples_scraped", {}, scraped);
  writer.add("scrape_samples_post_metric_relabeling", {}, scraped);
  return std::move(writer.batch);
}

model::WriteBatch stale_batch(const model::WriteBatch& last, int64_t time_ms) {
  model::WriteBatch batch = last;
  batch.metadata.clear();
  for (model::Sample& sample : batch.samples) sample = {time_ms, model::kStale};
  return batch;
}

SelfScrape::SelfScrape(const base::MetricsRegistry& metrics, Write write, ScrapeTarget target,
                       int64_t interval_ms)
    : metrics_(metrics),
      write_(std::move(write)),
      target_(std::move(target)),
      interval_ms_(interval_ms) {
  scrape();
  thread_ = std::jthread([this](std::stop_token stop) { work(std::move(stop)); });
}

SelfScrape::~SelfScrape() {
  thread_.request_stop();
  thread_.join();
  const auto written = write_(stale_batch(last_, base::now_ms()));
  if (!written.ok()) {
    base::log(base::LogLevel::Warn, "Could not mark own series stale",
              {{"err", written.error().message}});
  }
}

void SelfScrape::scrape() {
  const int64_t time_ms = base::now_ms();
  const int64_t begin_ns = base::monotonic_ns();
  const auto families = metrics_.families();
  const double seconds = static_cast<double>(base::monotonic_ns() - begin_ns) / 1e9;
  last_ = scrape_batch(families, target_, time_ms, seconds);
  const auto written = write_(last_);
  if (!written.ok()) {
    base::log(base::LogLevel::Warn, "Could not write own metrics",
              {{"err", written.error().message}});
  }
}

void SelfScrape::work(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const auto interval = std::chrono::milliseconds(interval_ms_);
  auto next = std::chrono::steady_clock::now() + interval;
  while (true) {
    wake.wait_until(lock, stop, next, [] { return false; });
    if (stop.stop_requested()) return;
    scrape();
    // What was missed while a store did not answer is not made up for.
    next = std::max(next + interval, std::chrono::steady_clock::now());
  }
}

}  // namespace gnomon::server
