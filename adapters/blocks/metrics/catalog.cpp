#include "adapters/blocks/metrics/catalog.h"

#include <algorithm>

#include "src/storage/matching.h"

namespace gnomon::blocks {
namespace {

using storage::CatalogQuery;
using storage::SeriesIndex;

// Counts nothing any more once the stop has fired, which ends a walk over many series soon. An
// empty predicate stays empty: the index answers without looking at series.
SeriesIndex::Predicate until(const std::stop_token& stop, const SeriesIndex::Predicate& counts) {
  if (!counts || !stop.stop_possible()) return counts;
  return [stop, counts](storage::SeriesId id) { return !stop.stop_requested() && counts(id); };
}

}  // namespace

Result<ChunkCatalog::SeriesSetPtr> ChunkCatalog::series_of(const ChunkTable& table, int64_t window,
                                                           const std::stop_token& stop) {
  const auto key = std::make_pair(table.window_ms, window);
  const SealedWindowsPtr layout = memory_.sealed_windows.get();
  {
    const std::lock_guard hold(mutex_);
    if (sets_layout_ != layout) sets_.clear();
    sets_layout_ = layout;
    const auto found = sets_.find(key);
    if (found != sets_.end()) return found->second;
  }
  TRY(SeriesSet series, read_series_(table, window, stop));
  auto set = std::make_shared<SeriesSet>(std::move(series));
  const std::lock_guard hold(mutex_);
  if (sets_layout_ == layout) sets_[key] = set;
  return SeriesSetPtr(std::move(set));
}

// Empty when the range covers everything there is.
Result<SeriesIndex::Predicate> ChunkCatalog::in_range(int64_t min_time_ms, int64_t max_time_ms,
                                                      const std::stop_token& stop) {
  if (min_time_ms == model::kTimeMin && max_time_ms == model::kTimeMax) {
    return SeriesIndex::Predicate();
  }
  auto head = std::make_shared<storage::HeadWindows>();
  const auto windows = memory_.head.snapshot();  // held while it is walked
  for (const auto& window : *windows) {
    if (window->max_time_ms() >= min_time_ms && window->min_time_ms() <= max_time_ms) {
      head->push_back(window);
    }
  }
  const SealedWindowsPtr layout = memory_.sealed_windows.get();
  auto sets = std::make_shared<std::vector<SeriesSetPtr>>();
  const auto add = [&](const ChunkTable& table,
                       const std::vector<int64_t>& windows) -> Result<void> {
    for (int64_t window : windows) {
      if (!table.overlaps(window, min_time_ms, max_time_ms)) continue;
      TRY(auto set, series_of(table, window, stop));
      sets->push_back(std::move(set));
    }
    return {};
  };
  TRY_VOID(add(kWindowChunks, layout->windows));
  TRY_VOID(add(kDayChunks, layout->days));
  // The newest first: most series are still alive.
  std::reverse(sets->begin(), sets->end());
  return SeriesIndex::Predicate([head, sets](storage::SeriesId id) {
    const auto number = static_cast<uint32_t>(id);
    return std::any_of(head->begin(), head->end(), [&](const auto& w) { return w->has(id); }) ||
           std::any_of(sets->begin(), sets->end(),
                       [&](const auto& s) { return number < s->size() && (*s)[number]; });
  });
}

Result<std::vector<model::Labels>> ChunkCatalog::series(const CatalogQuery& query,
                                                        std::stop_token stop) {
  TRY(const auto counts, in_range(query.min_time_ms, query.max_time_ms, stop));
  if (stop.stop_requested()) return base::canceled();
  auto series = memory_.index.series(query.matcher_sets, until(stop, counts));
  if (stop.stop_requested()) return base::canceled();
  return series;
}

Result<std::vector<std::string>> ChunkCatalog::label_strings(const CatalogQuery& query,
                                                             const std::string& label,
                                                             std::stop_token stop) {
  TRY(const auto counts, in_range(query.min_time_ms, query.max_time_ms, stop));
  if (stop.stop_requested()) return base::canceled();
  const auto live = until(stop, counts);
  auto strings = label.empty() ? memory_.index.label_names(query.matcher_sets, live)
                               : memory_.index.label_values(label, query.matcher_sets, live);
  if (stop.stop_requested()) return base::canceled();
  return strings;
}

Result<std::vector<model::MetadataEntry>> ChunkCatalog::metadata(const std::string& metric,
                                                                 std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  return memory_.metadata.find(metric);
}

Result<std::vector<storage::ExemplarSeries>> ChunkCatalog::exemplars(const CatalogQuery& query,
                                                                     std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  std::vector<storage::ExemplarSeries> out;
  for (auto& [id, exemplars] : memory_.exemplars.find(query.min_time_ms, query.max_time_ms)) {
    model::Labels labels = memory_.index.labels(id);
    if (labels.empty() || !storage::satisfies_any(labels.view(), query.matcher_sets)) continue;
    out.push_back({std::move(labels), std::move(exemplars)});
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  return out;
}

Result<storage::Statistics> ChunkCatalog::statistics(size_t top, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  storage::Statistics out;
  memory_.index.describe(top, out);
  int64_t min_time = memory_.sealed_min_time_ms;
  int64_t max_time = memory_.sealed_max_time_ms;
  uint64_t head_samples = 0;
  uint64_t head_bytes = 0;
  const auto windows = memory_.head.snapshot();  // held while it is walked
  for (const auto& window : *windows) {
    min_time = std::min(min_time, window->min_time_ms());
    max_time = std::max(max_time, window->max_time_ms());
    head_samples += window->samples();
    head_bytes += window->bytes();
  }
  out.chunks = memory_.chunk_rows;
  if (min_time <= max_time) {
    out.min_time_ms = min_time;
    out.max_time_ms = max_time;
  }
  const ChunkCache::Counts cache = memory_.cache.counts();
  const auto count = [&](const char* name, uint64_t value) {
    out.counters[name] = static_cast<double>(value);
  };
  count("gnomon_store_series", memory_.index.size());
  count("gnomon_store_chunks", memory_.chunk_rows);
  count("gnomon_store_head_samples", head_samples);
  count("gnomon_store_head_bytes", head_bytes);
  count("gnomon_store_chunk_cache_bytes", cache.bytes);
  count("gnomon_store_chunk_cache_hits_total", cache.hits);
  count("gnomon_store_chunk_cache_misses_total", cache.misses);
  count_(out.counters);
  return out;
}

}  // namespace gnomon::blocks
