#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "adapters/blocks/metrics/chunk_page.h"
#include "src/base/lru.h"

namespace gnomon::clickhouse {

// Which page: of these series, in this order, what a time of this length holds.
struct PageKey {
  uint64_t list = 0;  // its number: a list that is not in use any more need not stay
  std::string what;   // samples, or points of which function
  int64_t unit_ms = 0;
  int64_t number = 0;  // times [number * unit, (number + 1) * unit)

  bool operator==(const PageKey&) const = default;
};

// The pages used last, as chunks by place in the list, so that the next question about the same
// series asks only for what changed. Bounded by bytes. Any thread.
class PageCache {
 public:
  explicit PageCache(size_t bytes_max) : pages_(bytes_max) {}

  // Null where there is none of this version.
  blocks::ChunkPagePtr find(const PageKey& key, uint64_t version);
  void store(const PageKey& key, uint64_t version, blocks::ChunkPagePtr page);

  struct Counts {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t bytes = 0;
  };
  Counts counts() const;

 private:
  struct Hash {
    size_t operator()(const PageKey& key) const;
  };
  struct Versioned {
    uint64_t version;
    blocks::ChunkPagePtr page;
  };

  mutable std::mutex mutex_;
  base::Lru<PageKey, Versioned, Hash> pages_;  // guarded by mutex_
  Counts counts_;                              // guarded by mutex_
};

}  // namespace gnomon::clickhouse
