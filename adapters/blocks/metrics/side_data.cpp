#include "adapters/blocks/metrics/side_data.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "src/base/limits.h"

namespace gnomon::blocks {

void MetadataMap::put(const std::string& metric, model::Metadata metadata) {
  const std::lock_guard hold(mutex_);
  entries_[metric] = std::move(metadata);
}

void MetadataMap::put(const std::vector<model::MetadataEntry>& entries) {
  for (const model::MetadataEntry& entry : entries) put(entry.metric, entry.metadata);
}

bool MetadataMap::has(const model::MetadataEntry& entry) const {
  const std::lock_guard hold(mutex_);
  const auto found = entries_.find(entry.metric);
  return found != entries_.end() && found->second == entry.metadata;
}

std::vector<model::MetadataEntry> MetadataMap::find(const std::string& metric) const {
  const std::lock_guard hold(mutex_);
  std::vector<model::MetadataEntry> out;
  if (metric.empty()) {
    for (const auto& [name, metadata] : entries_) out.push_back({name, metadata});
  } else if (const auto found = entries_.find(metric); found != entries_.end()) {
    out.push_back({found->first, found->second});
  }
  return out;
}

void ExemplarRing::add(storage::SeriesId series, model::Exemplar exemplar) {
  const std::lock_guard hold(mutex_);
  entries_.push_back({series, std::move(exemplar)});
  if (entries_.size() > base::kExemplarsMax) entries_.pop_front();
}

uint64_t ExemplarRing::add(const model::WriteBatch& batch,
                           const std::vector<storage::SeriesId>& ids) {
  if (batch.exemplars.empty()) return 0;
  uint64_t added = 0;
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    for (uint32_t i = batch.rows[r].exemplar_begin; i < batch.rows[r].exemplar_end; ++i) {
      add(ids[r], batch.exemplars[i]);
      ++added;
    }
  }
  return added;
}

void ExemplarRing::clear() {
  const std::lock_guard hold(mutex_);
  entries_.clear();
}

ExemplarRing::Found ExemplarRing::find(int64_t min_time_ms, int64_t max_time_ms) const {
  Found found;
  {
    const std::lock_guard hold(mutex_);
    for (const Entry& entry : entries_) {
      const int64_t time = entry.exemplar.time_ms;
      if (time < min_time_ms || time > max_time_ms) continue;
      found[entry.series].push_back(entry.exemplar);
    }
  }
  for (auto& [id, exemplars] : found) {
    std::stable_sort(exemplars.begin(), exemplars.end(),
                     [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; });
    if (exemplars.size() > base::kExemplarsPerSeriesMax) {
      exemplars.erase(exemplars.begin(), exemplars.end() - base::kExemplarsPerSeriesMax);
    }
    // A sender repeats its exemplar with every scrape until there is a new one.
    const auto repeat = [](const model::Exemplar& a, const model::Exemplar& b) {
      return a.time_ms == b.time_ms && a.labels == b.labels &&
             std::memcmp(&a.value, &b.value, sizeof(double)) == 0;
    };
    exemplars.erase(std::unique(exemplars.begin(), exemplars.end(), repeat), exemplars.end());
  }
  return found;
}

}  // namespace gnomon::blocks
