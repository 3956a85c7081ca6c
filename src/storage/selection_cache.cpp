#include "src/storage/selection_cache.h"

#include "src/base/limits.h"

namespace gnomon::storage {

std::optional<CachedSelection> SelectionCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return std::nullopt;
  order_.splice(order_.begin(), order_, place->second);
  return place->second->second;
}

void SelectionCache::store(const std::string& key, CachedSelection selection) {
  const std::lock_guard lock(mutex_);
  if (const auto place = places_.find(key); place != places_.end()) drop(place->second);
  const size_t series = selection.list->ids.size();
  if (series > base::kSelectionSeriesCachedMax) return;
  while (!order_.empty() && (order_.size() >= base::kSelectionsCachedMax ||
                             series_ + series > base::kSelectionSeriesCachedMax)) {
    drop(std::prev(order_.end()));
  }
  order_.emplace_front(key, std::move(selection));
  places_.emplace(key, order_.begin());
  series_ += series;
}

void SelectionCache::clear() {
  const std::lock_guard lock(mutex_);
  order_.clear();
  places_.clear();
  series_ = 0;
}

void SelectionCache::drop(Order::iterator at) {
  series_ -= at->second.list->ids.size();
  places_.erase(at->first);
  order_.erase(at);
}

}  // namespace gnomon::storage
