#include "src/base/metrics.h"

#include <algorithm>

#include "src/base/text.h"

namespace gnomon::base {
namespace {

void append_escaped(std::string& out, std::string_view text, bool in_label) {
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_label) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void append_sample(std::string& out, const std::string& name, const MetricSample& sample) {
  out += name;
  out += sample.suffix;
  char separator = '{';
  for (const auto& [label, value] : sample.labels) {
    out += separator;
    out += label;
    out += "=\"";
    append_escaped(out, value, true);
    out += '"';
    separator = ',';
  }
  if (!sample.labels.empty()) out += '}';
  out += ' ';
  out += format_float_g(sample.value);
  out += '\n';
}

void append_histogram(const BucketCounter& histogram, const MetricLabels& labels,
                      std::vector<MetricSample>& out) {
  std::vector<uint64_t> counts = histogram.cumulative();
  for (size_t i = 0; i < counts.size(); ++i) {
    MetricLabels with_bound = labels;
    bool last = i == histogram.bounds().size();
    with_bound.emplace_back("le", last ? "+Inf" : format_float_g(histogram.bounds()[i]));
    out.push_back({"_bucket", std::move(with_bound), static_cast<double>(counts[i])});
  }
  out.push_back({"_sum", labels, histogram.sum()});
  out.push_back({"_count", labels, static_cast<double>(counts.back())});
}

}  // namespace

std::string_view metric_type_name(MetricType type) {
  constexpr std::string_view kNames[] = {"counter", "gauge", "histogram"};
  return kNames[static_cast<size_t>(type)];
}

BucketCounter::BucketCounter(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<uint64_t>[]>(bounds_.size() + 1)) {}

void BucketCounter::observe(double value) {
  size_t bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> BucketCounter::cumulative() const {
  std::vector<uint64_t> counts(bounds_.size() + 1);
  uint64_t total = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    counts[i] = total += counts_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

MetricsRegistry::Series& MetricsRegistry::find(std::string_view name, std::string_view help,
                                               MetricType type, const MetricLabels& labels) {
  auto family = families_.find(name);
  if (family == families_.end()) {
    family = families_.emplace(std::string(name), Family{std::string(help), type, {}}).first;
  }
  Series& series = family->second.series[labels];
  series.labels = labels;
  return series;
}

Counter& MetricsRegistry::counter(std::string_view name, std::string_view help,
                                  const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  Series& series = find(name, help, MetricType::Counter, labels);
  if (!series.counter) series.counter = std::make_unique<Counter>();
  return *series.counter;
}

Gauge& MetricsRegistry::gauge(std::string_view name, std::string_view help,
                              const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  Series& series = find(name, help, MetricType::Gauge, labels);
  if (!series.gauge) series.gauge = std::make_unique<Gauge>();
  return *series.gauge;
}

BucketCounter& MetricsRegistry::histogram(std::string_view name, std::string_view help,
                                          const std::vector<double>& bounds,
                                          const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  Series& series = find(name, help, MetricType::Histogram, labels);
  if (!series.histogram) series.histogram = std::make_unique<BucketCounter>(bounds);
  return *series.histogram;
}

void MetricsRegistry::add_collector(Collector collector) {
  std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collector));
}

std::vector<MetricFamily> MetricsRegistry::families() const {
  std::vector<MetricFamily> found;
  std::vector<Collector> collectors;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
      MetricFamily& out = found.emplace_back(MetricFamily{name, family.help, family.type, {}});
      for (const auto& [labels, series] : family.series) {
        if (series.counter) out.samples.push_back({"", labels, series.counter->value()});
        if (series.gauge) out.samples.push_back({"", labels, series.gauge->value()});
        if (series.histogram) append_histogram(*series.histogram, labels, out.samples);
      }
    }
    collectors = collectors_;
  }
  for (const Collector& collect : collectors) collect(found);
  std::stable_sort(found.begin(), found.end(),
                   [](const MetricFamily& a, const MetricFamily& b) { return a.name < b.name; });
  std::vector<MetricFamily> joined;
  for (MetricFamily& family : found) {
    if (joined.empty() || joined.back().name != family.name) {
      joined.push_back(std::move(family));
    } else {
      auto& samples = joined.back().samples;
      std::move(family.samples.begin(), family.samples.end(), std::back_inserter(samples));
    }
  }
  return joined;
}

std::string exposition_text(const std::vector<MetricFamily>& families) {
  std::string out;
  for (const MetricFamily& family : families) {
    out += "# HELP " + family.name + ' ';
    append_escaped(out, family.help, false);
    out += "\n# TYPE " + family.name + ' ';
    out += metric_type_name(family.type);
    out += '\n';
    for (const MetricSample& sample : family.samples) append_sample(out, family.name, sample);
  }
  return out;
}

}  // namespace gnomon::base
