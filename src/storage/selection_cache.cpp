#include "src/storage/selection_cache.h"

#include <utility>

namespace gnomon::storage {
namespace {

// So that very many small ones are bounded, too.
constexpr size_t kEntryCost = base::kSelectionSeriesCachedMax / base::kSelectionsCachedMax;

}  // namespace

std::optional<CachedSelection> SelectionCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const CachedSelection* found = selections_.find(key);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

void SelectionCache::store(const std::string& key, CachedSelection selection) {
  const std::lock_guard lock(mutex_);
  const size_t cost = selection.list->ids.size() + kEntryCost;
  selections_.store(key, std::move(selection), cost);
}

void SelectionCache::clear() {
  const std::lock_guard lock(mutex_);
  selections_.erase_if([](const std::string&) { return true; });
}

}  // namespace gnomon::storage
