#include "adapters/clickhouse/batch_cache.h"

#include <iterator>
#include <utility>

namespace gnomon::clickhouse {
namespace {

constexpr size_t kEntriesMax = 256;

}  // namespace

BatchPtr BatchCache::find(const SeriesListPtr& list, uint64_t version, int64_t min_time_ms,
                          int64_t max_time_ms) {
  const std::lock_guard hold(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto here = at++;
    if (here->version != version) {
      drop(here);
    } else if (here->list == list && here->min_time_ms <= min_time_ms &&
               here->max_time_ms >= max_time_ms) {
      entries_.splice(entries_.begin(), entries_, here);
      return here->batch;
    }
  }
  return nullptr;
}

void BatchCache::store(const SeriesListPtr& list, uint64_t version, int64_t min_time_ms,
                       int64_t max_time_ms, BatchPtr batch) {
  const size_t bytes = batch->bytes();
  if (bytes > bytes_max_ / 2) return;
  const std::lock_guard hold(mutex_);
  entries_.push_front({list, version, min_time_ms, max_time_ms, std::move(batch)});
  bytes_ += bytes;
  while (bytes_ > bytes_max_ || entries_.size() > kEntriesMax) drop(std::prev(entries_.end()));
}

void BatchCache::drop(std::list<Entry>::iterator at) {
  bytes_ -= at->batch->bytes();
  entries_.erase(at);
}

}  // namespace gnomon::clickhouse
