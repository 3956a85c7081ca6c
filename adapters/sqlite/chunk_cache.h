#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/sql/chunk_table.h"
#include "adapters/sqlite/database.h"
#include "src/base/result.h"

namespace gnomon::sqlite {

// The chunks of neighbouring series in one window, as they lie in the file. Immutable.
class ChunkPage {
 public:
  // Empty when the series has no chunk here.
  std::string_view chunks(uint32_t series) const;
  size_t bytes() const { return data_.size() + offsets_.size() * sizeof(uint32_t); }

 private:
  friend class ChunkCache;
  uint32_t first_ = 0;
  std::vector<uint32_t> offsets_;  // one more than series; none at all when the page is empty
  std::string data_;
};
using ChunkPagePtr = std::shared_ptr<const ChunkPage>;

// Reads pages of chunks on its own connections and keeps the last used ones up to a size. Any
// thread. What invalidate() was called for before page() is never answered from memory.
class ChunkCache {
 public:
  ChunkCache(std::string path, size_t bytes_max);
  ~ChunkCache();

  Result<ChunkPagePtr> page(const sql::ChunkTable& table, int64_t window, uint32_t series);
  // Call after the commit that changed the window.
  void invalidate(const sql::ChunkTable& table, int64_t window);

  struct Counts {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t bytes = 0;
  };
  Counts counts() const;

 private:
  struct Reader;
  struct Entry {
    int64_t key;  // of the first row, and the table in the lowest bit
    ChunkPagePtr page;
  };
  using Entries = std::list<Entry>;

  Result<std::unique_ptr<Reader>> reader();
  Result<ChunkPagePtr> load(const sql::ChunkTable& table, sql::KeyRange range);
  void keep(int64_t key, const ChunkPagePtr& page);

  const std::string path_;
  const size_t bytes_max_;
  mutable std::mutex mutex_;
  Entries entries_;  // last used first
  std::unordered_map<int64_t, Entries::iterator> places_;
  uint64_t generation_ = 0;  // of what invalidate() changed
  Counts counts_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace gnomon::sqlite
