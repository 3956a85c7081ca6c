#include "adapters/blocks/metrics/chunk_cache.h"

#include <utility>

namespace gnomon::blocks {
namespace {

constexpr size_t kEntryBytes = 160;  // of the containers, about

bool is_day(const ChunkTable& table) { return table.window_ms == storage::kDayMs; }

// A page's rows start at a multiple of at least 16: the lowest bit is free for the table.
int64_t cache_key(const PageId& id) {
  return chunk_key(id.window, id.first) | (is_day(*id.table) ? 1 : 0);
}

}  // namespace

ChunkCache::ChunkCache(Loader load, Options options)
    : load_(std::move(load)), options_(options), pages_(options.bytes_max) {}

// With mutex_ held.
ChunkPagePtr ChunkCache::find(int64_t key) {
  const ChunkPagePtr* page = pages_.find(key);
  ++(page == nullptr ? counts_.misses : counts_.hits);
  return page == nullptr ? nullptr : *page;
}

Result<ChunkPagePtr> ChunkCache::page(const ChunkTable& table, int64_t window, uint32_t series,
                                      const std::stop_token& stop) {
  const PageId id{&table, window, first_of_page(table, series)};
  TRY(auto found, pages({&id, 1}, stop));
  return std::move(found.front());
}

Result<std::vector<ChunkPagePtr>> ChunkCache::pages(std::span<const PageId> ids,
                                                    const std::stop_token& stop) {
  std::vector<ChunkPagePtr> found;
  found.reserve(ids.size());
  std::vector<PageId> missing;
  uint64_t generation;
  {
    const std::lock_guard hold(mutex_);
    for (const PageId& id : ids) {
      found.push_back(find(cache_key(id)));
      if (found.back() == nullptr) missing.push_back(id);
    }
    generation = generation_;
  }
  if (missing.empty()) return found;
  TRY(auto loaded, load_(missing, stop));
  const std::lock_guard hold(mutex_);
  auto next = loaded.begin();
  for (size_t i = 0; i < ids.size(); ++i) {
    if (found[i] != nullptr) continue;
    found[i] = std::move(*next++);
    // A page read before a commit must not be kept after it.
    if (generation != generation_) continue;
    pages_.store(cache_key(ids[i]), found[i], found[i]->bytes() + kEntryBytes);
  }
  return found;
}

void ChunkCache::invalidate(const ChunkTable& table, int64_t window) {
  const std::lock_guard hold(mutex_);
  ++generation_;
  pages_.erase_if([&](int64_t key) {
    return window_of_key(key) == window && (key & 1) == (is_day(table) ? 1 : 0);
  });
}

ChunkCache::Counts ChunkCache::counts() const {
  const std::lock_guard hold(mutex_);
  Counts counts = counts_;
  counts.bytes = pages_.cost();
  return counts;
}

}  // namespace gnomon::blocks
