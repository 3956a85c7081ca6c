#include "src/storage/metrics/memory_store.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <set>

#include "src/base/limits.h"
#include "src/functions/table.h"
#include "src/storage/matching.h"
#include "src/storage/metrics/refusal.h"
#include "src/storage/metrics/roll_up.h"

namespace gnomon::storage {
namespace {

using model::Labels;

class MemoryCursor : public SeriesCursor {
 public:
  MemoryCursor(const MemoryStore& store, std::span<const Labels> labels, const Fragment& fragment,
               bool rolled_up, std::stop_token stop)
      : store_(store),
        labels_(labels),
        fragment_(fragment),
        rolled_up_(rolled_up),
        stop_(std::move(stop)) {}

  Result<bool> next(model::SampleBlock& block) override {
    if (stop_.stop_requested()) return Error{ErrorKind::Canceled, "query was canceled"};
    if (labels_.empty()) return false;
    store_.read(labels_.front(), fragment_.min_time_ms, fragment_.max_time_ms, block);
    labels_ = labels_.subspan(1);
    reduce(fragment_.reduction, block);
    if (rolled_up_) roll_up(std::get<Rollup>(fragment_.reduction), block);
    return true;
  }

 private:
  const MemoryStore& store_;
  std::span<const Labels> labels_;
  const Fragment& fragment_;
  const bool rolled_up_;
  std::stop_token stop_;
};

class MemorySelection : public Selection {
 public:
  MemorySelection(const MemoryStore& store, Fragment fragment, std::vector<Labels> labels)
      : store_(store), fragment_(std::move(fragment)), labels_(std::move(labels)) {
    rolled_up_ = std::holds_alternative<Rollup>(fragment_.reduction) && only_floats();
  }

  std::span<const Labels> series() const override { return labels_; }
  bool rolled_up() const override { return rolled_up_; }
  Result<std::unique_ptr<SeriesCursor>> open(size_t begin, size_t end,
                                             std::stop_token stop) const override {
    return std::unique_ptr<SeriesCursor>(std::make_unique<MemoryCursor>(
        store_, series().subspan(begin, end - begin), fragment_, rolled_up_, std::move(stop)));
  }

 private:
  bool only_floats() const {
    model::SampleBlock block;
    return std::all_of(labels_.begin(), labels_.end(), [&](const Labels& labels) {
      store_.read(labels, fragment_.min_time_ms, fragment_.max_time_ms, block);
      return block.histograms.empty();
    });
  }

  const MemoryStore& store_;
  const Fragment fragment_;
  const std::vector<Labels> labels_;
  bool rolled_up_ = false;
};

std::vector<NamedCount> largest(const std::map<std::string, uint64_t>& counts, size_t top) {
  std::vector<NamedCount> out;
  for (const auto& [name, value] : counts) out.push_back({name, value});
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.value > b.value; });
  out.resize(std::min(out.size(), top));
  return out;
}

}  // namespace

Capabilities MemoryStore::all_reductions() {
  Capabilities all{.last_per_step = true, .windows = true};
  for (const functions::Function* function : functions::all_functions()) {
    if (function->rollup != nullptr) all.rollups.emplace_back(function->name);
  }
  return all;
}

bool MemoryStore::same(const Point& a, const Point& b) {
  if ((a.histogram == nullptr) != (b.histogram == nullptr)) return false;
  if (a.histogram != nullptr) return identical(*a.histogram, *b.histogram);
  return std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
}

void MemoryStore::add_exemplar(Series& series, const model::Exemplar& exemplar) {
  auto& all = series.exemplars;
  const auto at = std::upper_bound(
      all.begin(), all.end(), exemplar.time_ms,
      [](int64_t time, const model::Exemplar& other) { return time < other.time_ms; });
  const bool repeated = std::any_of(all.begin(), at, [&](const model::Exemplar& other) {
    return other.time_ms == exemplar.time_ms && other.labels == exemplar.labels &&
           std::bit_cast<uint64_t>(other.value) == std::bit_cast<uint64_t>(exemplar.value);
  });
  if (repeated) return;
  all.insert(at, exemplar);
  if (all.size() > base::kExemplarsPerSeriesMax) all.erase(all.begin());
}

void MemoryStore::append_row(const model::WriteBatch& batch, const model::WriteBatch::Row& row,
                             model::WriteOutcome& outcome) {
  Series& series = series_[Labels(std::string(batch.labels(row).packed()))];
  const auto add = [&](int64_t time_ms, Point point, uint64_t& stored) {
    const auto [at, added] = series.points.try_emplace(time_ms, point);
    if (added || same(at->second, point)) {
      ++stored;
      return;
    }
    refuse(outcome, batch, row, model::WriteOutcome::Reason::DuplicateValue, time_ms);
  };
  for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
    const model::Sample& sample = batch.samples[i];
    add(sample.time_ms, {sample.value, nullptr, batch.start_ms(i)}, outcome.samples_stored);
  }
  for (uint32_t i = row.histogram_begin; i < row.histogram_end; ++i) {
    const model::HistogramSample& sample = batch.histograms[i];
    add(sample.time_ms, {0, sample.histogram, sample.start_ms}, outcome.histograms_stored);
  }
  for (uint32_t i = row.exemplar_begin; i < row.exemplar_end; ++i) {
    add_exemplar(series, batch.exemplars[i]);
    ++outcome.exemplars_stored;
  }
}

Result<model::WriteOutcome> MemoryStore::append(const model::WriteBatch& batch,
                                                std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  model::WriteOutcome outcome;
  const std::unique_lock lock(mutex_);
  for (const auto& row : batch.rows) append_row(batch, row, outcome);
  for (const auto& entry : batch.metadata) metadata_[entry.metric] = entry.metadata;
  return outcome;
}

void MemoryStore::read(const Labels& labels, int64_t min_time_ms, int64_t max_time_ms,
                       model::SampleBlock& block) const {
  block.clear();
  const std::shared_lock lock(mutex_);
  const auto series = series_.find(labels);
  if (series == series_.end()) return;
  const auto& points = series->second.points;
  for (auto at = points.lower_bound(min_time_ms); at != points.end() && at->first <= max_time_ms;
       ++at) {
    const auto& [time_ms, point] = *at;
    if (point.histogram != nullptr) {
      block.histograms.push_back({time_ms, point.histogram, point.start_ms});
    } else {
      block.times.push_back(time_ms);
      block.values.push_back(point.value);
      if (point.start_ms != 0) block.starts.resize(block.times.size() - 1);
      if (point.start_ms != 0 || !block.starts.empty()) block.starts.push_back(point.start_ms);
    }
  }
}

Result<std::unique_ptr<Selection>> MemoryStore::select(const Fragment& fragment,
                                                       std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  TRY(std::vector<Labels> labels,
      series({{fragment.matchers}, fragment.min_time_ms, fragment.max_time_ms}, stop));
  return std::unique_ptr<Selection>(
      std::make_unique<MemorySelection>(*this, fragment, std::move(labels)));
}

Result<void> MemoryStore::remove(const CatalogQuery& what, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  const std::unique_lock lock(mutex_);
  for (auto at = series_.begin(); at != series_.end();) {
    if (satisfies_any(at->first.view(), what.matcher_sets)) {
      std::erase_if(at->second.points, [&](const auto& point) {
        return point.first >= what.min_time_ms && point.first <= what.max_time_ms;
      });
    }
    at = at->second.points.empty() ? series_.erase(at) : std::next(at);
  }
  return {};
}

Result<std::vector<Labels>> MemoryStore::series(const CatalogQuery& query, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  std::vector<Labels> out;
  const std::shared_lock lock(mutex_);
  for (const auto& [labels, series] : series_) {
    if (!satisfies_any(labels.view(), query.matcher_sets)) continue;
    const auto first = series.points.lower_bound(query.min_time_ms);
    if (first != series.points.end() && first->first <= query.max_time_ms) out.push_back(labels);
  }
  return out;
}

Result<std::vector<std::string>> MemoryStore::label_strings(const CatalogQuery& query,
                                                            const std::string& label,
                                                            std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  TRY(const auto found, series(query, stop));
  std::set<std::string> out;
  for (const Labels& labels : found) {
    for (const auto& [name, value] : labels) {
      if (label.empty()) out.emplace(name);
      if (label == name) out.emplace(value);
    }
  }
  return std::vector<std::string>(out.begin(), out.end());
}

Result<std::vector<model::MetadataEntry>> MemoryStore::metadata(const std::string& metric,
                                                                std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  std::vector<model::MetadataEntry> out;
  const std::shared_lock lock(mutex_);
  for (const auto& [name, metadata] : metadata_) {
    if (metric.empty() || metric == name) out.push_back({name, metadata});
  }
  return out;
}

Result<std::vector<ExemplarSeries>> MemoryStore::exemplars(const CatalogQuery& query,
                                                           std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  std::vector<ExemplarSeries> out;
  const std::shared_lock lock(mutex_);
  for (const auto& [labels, series] : series_) {
    if (!satisfies_any(labels.view(), query.matcher_sets)) continue;
    ExemplarSeries found{labels, {}};
    for (const model::Exemplar& exemplar : series.exemplars) {
      if (exemplar.time_ms < query.min_time_ms || exemplar.time_ms > query.max_time_ms) continue;
      found.exemplars.push_back(exemplar);
    }
    if (!found.exemplars.empty()) out.push_back(std::move(found));
  }
  return out;
}

Result<Statistics> MemoryStore::statistics(size_t top, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  Statistics out;
  std::map<std::string, uint64_t> metrics, bytes, pairs;
  std::map<std::string, std::set<std::string>> values;
  std::set<int64_t> bounds;
  const std::shared_lock lock(mutex_);
  for (const auto& [labels, series] : series_) {
    if (!series.points.empty()) {
      bounds.insert(series.points.begin()->first);
      bounds.insert(series.points.rbegin()->first);
    }
    for (const auto& [name, value] : labels) {
      if (name == model::kMetricName) ++metrics[std::string(value)];
      values[std::string(name)].emplace(value);
      bytes[std::string(name)] += value.size();
      ++pairs[std::string(name) + "=" + std::string(value)];
    }
  }
  std::map<std::string, uint64_t> value_counts;
  for (const auto& [name, distinct] : values) {
    value_counts[name] = distinct.size();
    out.label_pairs += distinct.size();
  }
  out.series = series_.size();
  out.min_time_ms = bounds.empty() ? 0 : *bounds.begin();
  out.max_time_ms = bounds.empty() ? 0 : *bounds.rbegin();
  out.series_by_metric = largest(metrics, top);
  out.values_by_label = largest(value_counts, top);
  out.bytes_by_label = largest(bytes, top);
  out.series_by_label_pair = largest(pairs, top);
  out.counters["gnomon_store_series"] = static_cast<double>(series_.size());
  return out;
}

}  // namespace gnomon::storage
