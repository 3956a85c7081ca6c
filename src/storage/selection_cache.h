#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

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
  using Order = std::list<std::pair<std::string, CachedSelection>>;  // used last in front
  void drop(Order::iterator at);

  std::mutex mutex_;
  Order order_;
  std::unordered_map<std::string, Order::iterator> places_;
  size_t series_ = 0;
};

}  // namespace gnomon::storage
