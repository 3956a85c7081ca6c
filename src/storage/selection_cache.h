#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "src/base/limits.h"
#include "src/base/lru.h"
#include "src/storage/series_index.h"

namespace gnomon::storage {

// What a selection was computed from: the first `slots` series, after `erasures` calls of erase().
struct CachedSelection {
  SeriesListPtr list;
  uint32_t slots = 0;
  uint64_t erasures = 0;
};

// The selections used last, at most base::kSelectionsCachedMax of them with at most
// base::kSelectionSeriesCachedMax series in all. All members: any thread.
class SelectionCache {
 public:
  std::optional<CachedSelection> find(const std::string& key);
  void store(const std::string& key, CachedSelection selection);
  void clear();

 private:
  std::mutex mutex_;
  base::Lru<std::string, CachedSelection> selections_{base::kSelectionSeriesCachedMax};
};

}  // namespace gnomon::storage
