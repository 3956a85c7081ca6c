#include "adapters/clickhouse/page_cache.h"

#include <functional>
#include <utility>

namespace gnomon::clickhouse {
namespace {

constexpr size_t kEntryBytes = 256;  // of the containers, about

}  // namespace

size_t PageCache::Hash::operator()(const PageKey& key) const {
  const size_t list = std::hash<SeriesListPtr>()(key.list);
  const size_t time = static_cast<size_t>(key.number) * 0x9e3779b97f4a7c15ULL;
  return (list ^ std::hash<std::string>()(key.what) ^ static_cast<size_t>(key.unit_ms)) * 31 + time;
}

sql::ChunkPagePtr PageCache::find(const PageKey& key, uint64_t version) {
  const std::lock_guard hold(mutex_);
  const Versioned* found = pages_.find(key);
  if (found != nullptr && found->version == version) {
    ++counts_.hits;
    return found->page;
  }
  ++counts_.misses;
  return nullptr;
}

void PageCache::store(const PageKey& key, uint64_t version, sql::ChunkPagePtr page) {
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
