#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/blocks/metrics/chunk_page.h"
#include "adapters/blocks/metrics/chunk_table.h"
#include "src/base/lru.h"
#include "src/base/result.h"

namespace gnomon::blocks {

// Which page; `first` is its first series.
struct PageId {
  const ChunkTable* table;
  int64_t window;
  uint32_t first;
  bool operator==(const PageId&) const = default;
};

// Reads pages of chunks and keeps the last used ones up to a size. Any thread. What invalidate()
// was called for before pages() is never answered from memory.
class ChunkCache {
 public:
  // One page for each id, in order; never null. The ids differ.
  using Loader = std::function<Result<std::vector<ChunkPagePtr>>(std::span<const PageId>,
                                                                 const std::stop_token&)>;
  struct Options {
    size_t bytes_max = 0;
    size_t pages_at_once = 1;  // so many are read together where one asks for more
  };
  ChunkCache(Loader load, Options options);

  // The page that holds the series.
  Result<ChunkPagePtr> page(const ChunkTable& table, int64_t window, uint32_t series,
                            const std::stop_token& stop);
  // One page for each id, in order. The ids differ.
  Result<std::vector<ChunkPagePtr>> pages(std::span<const PageId> ids, const std::stop_token& stop);
  size_t pages_at_once() const { return options_.pages_at_once; }
  // Call after the commit that changed the window.
  void invalidate(const ChunkTable& table, int64_t window);

  struct Counts {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t bytes = 0;
  };
  Counts counts() const;

 private:
  ChunkPagePtr find(int64_t key);

  const Loader load_;
  const Options options_;
  mutable std::mutex mutex_;
  base::Lru<int64_t, ChunkPagePtr> pages_;  // by key of the first row, the table in the lowest bit
  uint64_t generation_ = 0;                 // of what invalidate() changed
  Counts counts_;
};

}  // namespace gnomon::blocks
