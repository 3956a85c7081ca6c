#include "tests/differential/data.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "src/base/text.h"

namespace gnomon::differential {
namespace {

constexpr int64_t kHourMs = 3'600'000;

const std::vector<Metric> kMetrics = {
    {"requests_total", Kind::Counter},
    {"errors_total", Kind::Counter},
    {"bytes", Kind::Counter},
    {"temperature", Kind::Gauge},
    {"load", Kind::Gauge},
    {"odd.name", Kind::Gauge},
    {"up", Kind::Gauge},
    {"latency_bucket", Kind::Buckets},
    {"size_bucket", Kind::Buckets},
    {"native", Kind::Native},
    {"native_seconds", Kind::Native},
    {"custom", Kind::Custom},
    {"custom_other", Kind::Custom},
    {"mixed", Kind::Mixed},
    {"target_info", Kind::Info},
    {"build_info", Kind::Info},
};

// Scrape times: regular or with jitter, with gaps, or a handful at any time.
std::vector<int64_t> make_times(Random& random, int64_t start_ms, int64_t end_ms) {
  static constexpr int64_t kIntervals[] = {15'000, 30'000, 30'000, 60'000, 60'000, 120'000};
  std::vector<int64_t> times;
  if (random.chance(8)) {
    const uint64_t count = random.below(12);
    for (uint64_t i = 0; i < count; ++i) times.push_back(random.between(start_ms, end_ms));
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    return times;
  }
  const int64_t interval = random.pick(kIntervals);
  const bool jitter = random.chance(30);
  int64_t time = start_ms + static_cast<int64_t>(random.below(2)) * random.between(0, interval);
  const int64_t last = random.chance(20) ? random.between(start_ms, end_ms) : end_ms;
  while (time < last) {
    times.push_back(time + (jitter ? random.between(0, interval / 2) : 0));
    time += interval;
    if (random.chance(1)) time += random.between(1, 30) * interval;
    if (random.below(1000) == 0) time += kHourMs;
  }
  return times;
}

double odd_value(Random& random) {
  static const double kOdd[] = {
      model::kNaN, model::kNaN, -0.0,     0.0,  INFINITY,           -INFINITY, 5e-324,
      -2.2e-308,   1.7e308,     -1.7e308, 1e15, 9007199254740993.0, 0.1,       1e-9};
  return random.pick(kOdd);
}

// A column of values of one character.
std::vector<double> make_values(Random& random, Kind kind, size_t count) {
  const bool counter = kind == Kind::Counter || kind == Kind::Buckets;
  const bool integer = random.chance(60);
  const unsigned odd = random.chance(25) ? 5 : 0;
  const double scale = random.chance(10) ? 1e200 : random.chance(20) ? 1e6 : 10;
  const bool decimal = random.chance(50);
  double value = random.chance(50) ? 0 : std::floor(random.unit() * scale);
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) {
    if (kind == Kind::Info) {
      value = 1;
    } else if (counter) {
      value = random.chance(2) ? 0 : value + std::floor(random.unit() * 5);
      if (!integer) value += random.unit();
    } else if (!random.chance(30)) {
      value = (random.unit() - 0.3) * scale;
      if (integer) value = std::round(value);
      if (!integer && decimal) value = std::round(value * 100) / 100;
    }
    values.push_back(odd > 0 && random.chance(odd) ? odd_value(random) : value);
    if (random.below(300) == 0) values.back() = model::kStale;
  }
  return values;
}

class Maker {
 public:
  Maker(Random& random, int64_t base_ms, bool plain_spans)
      : random_(random), plain_spans_(plain_spans) {
    data_.start_ms = base_ms;
    data_.end_ms = base_ms + random.between(2, 7) * kHourMs;
  }

  Data make() {
    for (const Metric& metric : kMetrics) {
      if (metric.kind != Kind::Info && random_.chance(25)) continue;
      data_.metrics.push_back(metric);
      add_metric(metric);
    }
    std::stable_sort(data_.series.begin(), data_.series.end(),
                     [](const Series& a, const Series& b) { return a.labels < b.labels; });
    const auto repeated =
        std::unique(data_.series.begin(), data_.series.end(),
                    [](const Series& a, const Series& b) { return a.labels == b.labels; });
    data_.series.erase(repeated, data_.series.end());
    return std::move(data_);
  }

 private:
  void add_metric(const Metric& metric) {
    static const std::string kJobs[] = {"api", "db", "web"};
    static const std::string kZones[] = {"", "", "eu", "us"};
    // Now and then more series than a morsel has.
    const int64_t instances = random_.chance(4) ? 60 : random_.between(1, 3);
    const bool zoned = random_.chance(40);
    for (const std::string& job : kJobs) {
      for (int64_t i = 0; i < instances; ++i) {
        if (random_.chance(10)) continue;
        model::LabelsBuilder labels;
        labels.set(model::kMetricName, metric.name).set("job", job);
        labels.set("instance", std::to_string(i));
        if (zoned) labels.set("zone", random_.pick(kZones));
        add_instance(metric, labels);
      }
    }
  }

  void add_instance(const Metric& metric, model::LabelsBuilder& labels) {
    if (metric.kind == Kind::Info) {
      static const std::string kVersions[] = {"1.9", "1.10", "2.0"};
      labels.set("version", random_.pick(kVersions));
      if (random_.chance(50)) labels.set("region", random_.chance(50) ? "north" : "south");
    }
    const std::vector<int64_t> times = make_times(random_, data_.start_ms, data_.end_ms);
    switch (metric.kind) {
      case Kind::Buckets:
        add_buckets(labels, times);
        return;
      case Kind::Native:
      case Kind::Custom:
        add_histograms(labels.build(), metric.kind == Kind::Custom, times);
        return;
      case Kind::Mixed:
        add_mixed(labels.build(), times);
        return;
      default:
        add_floats(labels.build(), metric.kind, times);
    }
  }

  void add_floats(const model::Labels& labels, Kind kind, const std::vector<int64_t>& times) {
    Series series{labels, {}};
    series.samples.times = times;
    series.samples.values = make_values(random_, kind, times.size());
    data_.series.push_back(std::move(series));
  }

  void add_histograms(const model::Labels& labels, bool custom, const std::vector<int64_t>& times) {
    Series series{labels, {}};
    series.samples.histograms = make_histograms(random_, custom, plain_spans_, times);
    data_.series.push_back(std::move(series));
  }

  // Floats, histograms with exponential and with custom buckets, in stretches.
  void add_mixed(const model::Labels& labels, const std::vector<int64_t>& times) {
    std::vector<int64_t> of_kind[3];
    size_t kind = random_.below(3);
    for (int64_t time_ms : times) {
      if (random_.chance(6)) kind = random_.below(3);
      of_kind[kind].push_back(time_ms);
    }
    Series series{labels, {}};
    series.samples.times = of_kind[0];
    series.samples.values = make_values(random_, Kind::Counter, of_kind[0].size());
    series.samples.histograms = make_histograms(random_, false, plain_spans_, of_kind[1]);
    auto custom = make_histograms(random_, true, plain_spans_, of_kind[2]);
    std::move(custom.begin(), custom.end(), std::back_inserter(series.samples.histograms));
    std::sort(series.samples.histograms.begin(), series.samples.histograms.end(),
              [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; });
    data_.series.push_back(std::move(series));
  }

  // Cumulative by le; at times not quite monotonic, without +Inf, or with a bound that is none.
  void add_buckets(model::LabelsBuilder labels, const std::vector<int64_t>& times) {
    static const std::string kBounds[] = {"0.1", "0.5", "1", "5", "10", "+Inf"};
    std::vector<double> below(times.size(), 0.0);
    for (const std::string& bound : kBounds) {
      if (random_.chance(10)) continue;
      labels.set("le", random_.chance(2) ? "much" : bound);
      std::vector<double> counts = make_values(random_, Kind::Buckets, times.size());
      for (size_t i = 0; i < times.size(); ++i) {
        if (!model::is_stale(counts[i])) below[i] = counts[i] += below[i];
      }
      if (random_.chance(5)) std::fill(below.begin(), below.end(), 0.0);
      data_.series.push_back({labels.build(), {}});
      data_.series.back().samples.times = times;
      data_.series.back().samples.values = std::move(counts);
    }
  }

  Random& random_;
  const bool plain_spans_;
  Data data_;
};

void add_row(model::WriteBatch& batch, const model::Labels& labels,
             std::span<const model::Sample> samples,
             std::span<const model::HistogramSample> histograms) {
  batch.begin_row(labels.view());
  for (const model::Sample& sample : samples) batch.add(sample);
  for (const model::HistogramSample& histogram : histograms) batch.add(histogram);
  batch.end_row();
}

// Which request brings which samples.
class Scheduler {
 public:
  Scheduler(Random& random, const Data& data) : random_(random), data_(data) {
    writes_.resize(random.between(3, 8));
    span_ms_ = (data.end_ms - data.start_ms) / static_cast<int64_t>(writes_.size()) + 1;
  }

  std::vector<model::WriteBatch> plan() {
    for (const Series& series : data_.series) plan(series);
    return std::move(writes_);
  }

 private:
  struct Part {
    std::vector<model::Sample> samples;
    std::vector<model::HistogramSample> histograms;
  };

  // Mostly in the order of time, some one or many requests late.
  size_t write_of(int64_t time_ms) {
    const auto due = static_cast<size_t>(std::max<int64_t>(0, time_ms - data_.start_ms) / span_ms_);
    const size_t last = writes_.size() - 1;
    if (late_ && random_.chance(3)) return random_.between(std::min(due, last), last);
    return std::min(due, last);
  }

  void plan(const Series& series) {
    late_ = random_.chance(30);
    repeats_ = random_.chance(30);
    std::map<size_t, Part> parts;
    const model::SampleBlock& block = series.samples;
    for (size_t i = 0; i < block.times.size(); ++i) {
      const model::Sample sample{block.times[i], block.values[i]};
      const size_t write = write_of(sample.time_ms);
      parts[write].samples.push_back(sample);
      if (!repeats_ || !random_.chance(4)) continue;
      const size_t later = random_.between(write, writes_.size() - 1);
      parts[later].samples.push_back(sample);
      // The first one counts.
      if (random_.chance(50)) parts[later].samples.push_back({sample.time_ms, 4711.5});
    }
    for (const model::HistogramSample& sample : block.histograms) {
      const size_t write = write_of(sample.time_ms);
      parts[write].histograms.push_back(sample);
      if (repeats_ && random_.chance(4)) {
        parts[random_.between(write, writes_.size() - 1)].histograms.push_back(sample);
      }
    }
    for (const auto& [write, part] : parts) {
      add_row(writes_[write], series.labels, part.samples, part.histograms);
    }
  }

  Random& random_;
  const Data& data_;
  std::vector<model::WriteBatch> writes_;
  int64_t span_ms_ = 1;
  bool late_ = false, repeats_ = false;
};

}  // namespace

Data make_data(Random& random, int64_t base_ms, bool plain_spans) {
  return Maker(random, base_ms, plain_spans).make();
}

std::vector<model::WriteBatch> make_writes(Random& random, const Data& data) {
  return Scheduler(random, data).plan();
}

model::WriteBatch one_write(const std::vector<Series>& series) {
  model::WriteBatch batch;
  for (const Series& one : series) {
    std::vector<model::Sample> samples;
    for (size_t i = 0; i < one.samples.times.size(); ++i) {
      samples.push_back({one.samples.times[i], one.samples.values[i]});
    }
    add_row(batch, one.labels, samples, one.samples.histograms);
  }
  return batch;
}

}  // namespace gnomon::differential
