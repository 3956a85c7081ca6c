#include "adapters/clickhouse/metrics/page_cache.h"

#include <functional>
#include <utility>

namespace gnomon::clickhouse {
namespace {

constexpr size_t kEntryBytes = 256;  // of the containers, about

}  // namespace

size_t PageCache::Hash::operator()(const PageKey& key) const {
  constexpr size_t kOdd = 0x9e3779b97f4a7c15;
  size_t hash = std::hash<std::string>()(key.what);
  hash = (hash ^ key.list) * kOdd;
  hash = (hash ^ static_cast<size_t>(key.unit_ms)) * kOdd;
  return (hash ^ static_cast<size_t>(key.number)) * kOdd;
}

blocks::ChunkPagePtr PageCache::find(const PageKey& key, uint64_t version) {
  const std::lock_guard hold(mutex_);
  const Versioned* found = pages_.find(key);
  if (found != nullptr && found->version == version) {
    ++counts_.hits;
    return found->page;
  }
  ++counts_.misses;
  return nullptr;
}

void PageCache::store(const PageKey& key, uint64_t version, blocks::ChunkPagePtr page) {
  const size_t bytes = page->bytes() + kEntryBytes;
  const std::lock_guard hold(mutex_);
  pages_.store(key, {version, std::move(page)}, bytes);
}

PageCache::Counts PageCache::counts() const {
  const std::lock_guard hold(mutex_);
  Counts counts = counts_;
  counts.bytes = pages_.cost();
  return counts;
}

}  // namespace gnomon::clickhouse
