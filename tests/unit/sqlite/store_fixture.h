#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/backends.h"
#include "adapters/sqlite_database.h"
#include "src/storage/metrics/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon {

// A folder that goes with the test; in memory where possible, for thousands of commits.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const std::filesystem::path memory = "/dev/shm";
    const bool usable = ::access(memory.c_str(), W_OK) == 0;
    const auto base = usable ? memory : std::filesystem::temp_directory_path();
    std::string name = (base / "gnomon-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Nothing happens by itself; nothing expires where the retention is 0.
inline storage::StoreOptions by_hand(int64_t retention_ms = 0) {
  storage::StoreOptions options;
  options.background = false;
  options.retention_ms = retention_ms;
  return options;
}

// Builds write requests a row at a time.
class Batch {
 public:
  using Pairs = std::initializer_list<std::pair<std::string, std::string>>;
  Batch& row(Pairs labels, std::vector<model::Sample> samples,
             std::vector<model::HistogramSample> histograms = {}) {
    const model::Labels all = model::Labels::from(labels);
    batch_.begin_row(all.view());
    for (const model::Sample& sample : samples) batch_.add(sample);
    for (model::HistogramSample& histogram : histograms) batch_.add(std::move(histogram));
    batch_.end_row();
    return *this;
  }
  Batch& exemplar(model::Exemplar exemplar) {
    batch_.add(std::move(exemplar));
    batch_.end_row();
    return *this;
  }
  Batch& metadata(std::string metric, model::Metadata metadata) {
    batch_.metadata.push_back({std::move(metric), std::move(metadata)});
    return *this;
  }
  // Start timestamps of all samples.
  Batch& starts(std::vector<int64_t> starts) {
    batch_.starts = std::move(starts);
    return *this;
  }
  const model::WriteBatch& get() const { return batch_; }

 private:
  model::WriteBatch batch_;
};

inline model::WriteOutcome append(storage::MetricStore& store, const Batch& batch) {
  auto outcome = store.append(batch.get(), {});
  EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  return outcome.ok() ? std::move(*outcome) : model::WriteOutcome{};
}

// New samples of one series, from first_ms to last_ms.
inline void append_every(storage::MetricStore& store, const std::string& metric, int64_t first_ms,
                         int64_t last_ms, int64_t step_ms) {
  std::vector<model::Sample> samples;
  for (int64_t t = first_ms; t <= last_ms; t += step_ms) samples.push_back({t, double(t % 977)});
  const auto outcome = append(store, Batch().row({{"__name__", metric}}, samples));
  EXPECT_EQ(outcome.samples_stored, samples.size());
}

inline model::HistogramSample histogram(int64_t time_ms, double count) {
  auto histogram = std::make_shared<model::Histogram>();
  histogram->integer = true;
  histogram->schema = 1;
  histogram->count = count;
  histogram->sum = 2.5 * count;
  histogram->positive_spans = {{-2, 1}, {1, 1}};
  histogram->positive_buckets = {1, count - 1};
  return {time_ms, std::move(histogram), 0};
}

using SeriesSamples = std::vector<std::pair<model::Labels, model::SampleBlock>>;

// Every series with samples in the range.
inline SeriesSamples read_all(storage::MetricStore& store, model::Matchers matchers = {},
                              int64_t min_ms = model::kTimeMin, int64_t max_ms = model::kTimeMax) {
  SeriesSamples out;
  auto selection = store.select({std::move(matchers), min_ms, max_ms}, {});
  EXPECT_TRUE(selection.ok());
  if (!selection.ok()) return out;
  const auto series = (*selection)->series();
  auto cursor = (*selection)->open(0, series.size(), {});
  EXPECT_TRUE(cursor.ok());
  model::SampleBlock block;
  for (const model::Labels& labels : series) {
    auto more = (*cursor)->next(block);
    EXPECT_TRUE(more.ok() && *more) << (more.ok() ? "ended early" : more.error().message);
    if (!more.ok()) return out;
    if (!block.empty()) out.emplace_back(labels, block);
  }
  auto end = (*cursor)->next(block);
  EXPECT_TRUE(end.ok() && !*end);
  return out;
}

// "up{job="a"} 1@1000 2@2000", one line per series, value bits kept apart by %a.
inline std::string to_text(const SeriesSamples& all) {
  std::string out;
  char text[64];
  for (const auto& [labels, block] : all) {
    out += model::to_metric_string(labels.view());
    size_t h = 0;
    const auto histograms_before = [&](int64_t time) {
      for (; h < block.histograms.size() && block.histograms[h].time_ms < time; ++h) {
        out += " " + model::to_string(*block.histograms[h].histogram) + "@" +
               std::to_string(block.histograms[h].time_ms);
      }
    };
    for (size_t i = 0; i < block.times.size(); ++i) {
      histograms_before(block.times[i]);
      if (std::isnan(block.values[i])) {
        std::snprintf(text, sizeof(text), " nan:%llx",
                      static_cast<unsigned long long>(std::bit_cast<uint64_t>(block.values[i])));
      } else {
        std::snprintf(text, sizeof(text), " %.17g", block.values[i]);
      }
      out += text;
      out += "@" + std::to_string(block.times[i]);
    }
    histograms_before(model::kTimeMax);
    out += "\n";
  }
  return out;
}

}  // namespace gnomon
