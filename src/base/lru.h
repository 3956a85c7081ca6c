#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace gnomon::base {

// Keeps the entries used last, as many as their costs fit. One thread at a time. References stay
// valid until their entry is replaced or goes.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class Lru {
 public:
  explicit Lru(size_t cost_max) : cost_max_(cost_max) {}

  // Now the one used last; null: not there.
  Value* find(const Key& key) {
    const auto place = places_.find(key);
    if (place == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place->second);
    return &place->second->value;
  }
  // Replaces what the key has. What costs more than all may is not kept.
  void store(const Key& key, Value value, size_t cost) {
    erase(key);
    if (cost > cost_max_) return;
    entries_.push_front({key, std::move(value), cost});
    places_.emplace(key, entries_.begin());
    cost_ += cost;
    while (cost_ > cost_max_) drop(std::prev(entries_.end()));
  }
  void erase(const Key& key) {
    const auto place = places_.find(key);
    if (place != places_.end()) drop(place->second);
  }
  // Of every key for which fits(key) holds.
  template <typename Fits>
  void erase_if(Fits fits) {
    for (auto at = entries_.begin(); at != entries_.end();) {
      const auto here = at++;
      if (fits(here->key)) drop(here);
    }
  }
  size_t cost() const { return cost_; }

 private:
  struct Entry {
    Key key;
    Value value;
    size_t cost;
  };
  using Entries = std::list<Entry>;  // used last in front

  void drop(typename Entries::iterator at) {
    cost_ -= at->cost;
    places_.erase(at->key);
    entries_.erase(at);
  }

  const size_t cost_max_;
  size_t cost_ = 0;
  Entries entries_;
  std::unordered_map<Key, typename Entries::iterator, Hash> places_;
};

}  // namespace gnomon::base
