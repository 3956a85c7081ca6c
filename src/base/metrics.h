#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gnomon::base {

// What Gnomon counts about itself. Names and labels as Prometheus has them.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

enum class MetricType : uint8_t { Counter, Gauge, Histogram };
std::string_view metric_type_name(MetricType type);  // "counter"

// Only goes up. Any thread.
class Counter {
 public:
  void add(double amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Any thread.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// A classic histogram: counts below fixed upper bounds. Any thread.
class BucketCounter {
 public:
  explicit BucketCounter(std::vector<double> bounds);  // ascending, without +Inf
  void observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  // Cumulative counts per bound, then that of +Inf.
  std::vector<uint64_t> cumulative() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

// One line of the exposition: a sample of a family, at this moment.
struct MetricSample {
  std::string suffix;  // "", "_bucket", "_sum", "_count"
  MetricLabels labels;
  double value = 0;
};
struct MetricFamily {
  std::string name;
  std::string help;
  MetricType type = MetricType::Gauge;
  std::vector<MetricSample> samples;
};

// All metrics of the process. Any thread; what it returns lives as long as the registry. The same
// name and labels give the same object; a name keeps the type and help it was first asked with.
class MetricsRegistry {
 public:
  Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  BucketCounter& histogram(std::string_view name, std::string_view help,
                           const std::vector<double>& bounds, const MetricLabels& labels = {});
  // Called by families() for what is counted elsewhere. Must not call back into the registry.
  using Collector = std::function<void(std::vector<MetricFamily>& out)>;
  void add_collector(Collector collector);

  // Sorted by name; families of the same name are joined.
  std::vector<MetricFamily> families() const;

 private:
  struct Series {
    MetricLabels labels;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<BucketCounter> histogram;
  };
  struct Family {
    std::string help;
    MetricType type;
    std::map<MetricLabels, Series> series;
  };
  Series& find(std::string_view name, std::string_view help, MetricType type,
               const MetricLabels& labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
  std::vector<Collector> collectors_;
};

// Prometheus' text format 0.0.4.
std::string exposition_text(const std::vector<MetricFamily>& families);

// process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds, ... of this process.
void collect_process_metrics(std::vector<MetricFamily>& out);

}  // namespace gnomon::base
