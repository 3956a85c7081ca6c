#include "src/storage/postings.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace gnomon::storage {
namespace {

uint32_t pair_hash(model::Label label) {
  const uint64_t seed = XXH3_64bits(label.name.data(), label.name.size());
  return static_cast<uint32_t>(XXH3_64bits_withSeed(label.value.data(), label.value.size(), seed));
}

// Tables are at most two thirds full, so that every probe ends.
bool crowded(size_t entries, size_t table) { return entries * 3 >= table * 2; }

}  // namespace

size_t Postings::series_place(const model::Hash128& hash) const {
  const size_t mask = series_table_.size() - 1;
  size_t at = static_cast<uint32_t>(hash.low) & mask;
  for (;; at = (at + 1) & mask) {
    const SeriesEntry& entry = series_table_[at];
    if (entry.slot_after == 0) return at;
    if (entry.high == hash.high && entry.low == static_cast<uint32_t>(hash.low)) return at;
  }
}

std::optional<Slot> Postings::find(const model::Hash128& hash) const {
  if (series_table_.empty()) return std::nullopt;
  const SeriesEntry& entry = series_table_[series_place(hash)];
  if (entry.slot_after == 0) return std::nullopt;
  return entry.slot_after - 1;
}

void Postings::prefetch(const model::Hash128& hash) const {
  if (series_table_.empty()) return;
  const size_t at = static_cast<uint32_t>(hash.low) & (series_table_.size() - 1);
  __builtin_prefetch(&series_table_[at]);
}

void Postings::grow_series() {
  std::vector<SeriesEntry> before(std::max<size_t>(64, series_table_.size() * 2));
  before.swap(series_table_);
  for (const SeriesEntry& entry : before) {
    if (entry.slot_after != 0) series_table_[series_place({entry.low, entry.high})] = entry;
  }
}

Slot Postings::add(const model::Hash128& hash, SeriesId id, model::Labels labels) {
  if (crowded(size() + 1, series_table_.size())) grow_series();
  const Slot slot = static_cast<Slot>(size());
  series_table_[series_place(hash)] = {hash.high, static_cast<uint32_t>(hash.low), slot + 1};
  for (const model::Label label : labels) {
    pairs_[find_or_add_pair(label)].slots.push_back(slot);
  }
  ids_.push_back(id);
  labels_.push_back(std::move(labels));
  return slot;
}

size_t Postings::pair_place(uint32_t hash, model::Label label) const {
  const size_t mask = pair_table_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const PairEntry& entry = pair_table_[at];
    if (entry.pair_after == 0) return at;
    if (entry.hash != hash) continue;
    const Pair& pair = pairs_[entry.pair_after - 1];
    if (pair.value == label.value && names_[pair.name].text == label.name) return at;
  }
}

void Postings::grow_pairs() {
  pair_table_.assign(std::max<size_t>(64, std::bit_ceil(pairs_.size() * 2 + 1)), PairEntry());
  const size_t mask = pair_table_.size() - 1;
  for (uint32_t i = 0; i < pairs_.size(); ++i) {
    size_t at = pairs_[i].hash & mask;
    while (pair_table_[at].pair_after != 0) at = (at + 1) & mask;
    pair_table_[at] = {pairs_[i].hash, i + 1};
  }
}

uint32_t Postings::find_pair(model::Label label) const {
  if (pair_table_.empty()) return kNone;
  return pair_table_[pair_place(pair_hash(label), label)].pair_after - 1;
}

uint32_t Postings::find_or_add_pair(model::Label label) {
  if (crowded(pairs_.size() + 1, pair_table_.size())) grow_pairs();
  const uint32_t hash = pair_hash(label);
  PairEntry& entry = pair_table_[pair_place(hash, label)];
  if (entry.pair_after != 0) return entry.pair_after - 1;

  auto name = name_places_.find(label.name);
  if (name == name_places_.end()) {
    name = name_places_.emplace(label.name, static_cast<uint32_t>(names_.size())).first;
    names_.push_back({std::string(label.name), {}, 0});
  }
  const uint32_t pair = static_cast<uint32_t>(pairs_.size());
  names_[name->second].pairs.push_back(pair);
  pairs_.push_back({std::string(label.value), {}, name->second, hash});
  entry = {hash, pair + 1};
  return pair;
}

std::optional<Slot> Postings::slot(SeriesId id) const {
  const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (at == ids_.end() || *at != id) return std::nullopt;
  return static_cast<Slot>(at - ids_.begin());
}

size_t Postings::erase(std::span<const SeriesId> ids) {
  std::vector<Slot> slot_after(size(), 0);
  for (const SeriesId id : ids) {
    if (const auto at = slot(id)) slot_after[*at] = kNone;
  }
  Slot kept = 0;
  for (Slot& after : slot_after) {
    if (after != kNone) after = kept++;
  }
  const size_t erased = size() - kept;
  if (erased > 0) keep(slot_after, kept);
  return erased;
}

// Moves every series to its new slot; slots keep their order, so postings stay sorted.
void Postings::keep(const std::vector<Slot>& slot_after, size_t kept) {
  std::vector<SeriesEntry> entries;
  entries.swap(series_table_);
  while (crowded(kept + 1, series_table_.size())) {
    series_table_.resize(std::max<size_t>(64, series_table_.size() * 2));
  }
  for (SeriesEntry& entry : entries) {
    if (entry.slot_after == 0 || slot_after[entry.slot_after - 1] == kNone) continue;
    entry.slot_after = slot_after[entry.slot_after - 1] + 1;
    series_table_[series_place({entry.low, entry.high})] = entry;
  }
  for (Slot slot = 0; slot < slot_after.size(); ++slot) {
    if (slot_after[slot] == kNone || slot_after[slot] == slot) continue;
    ids_[slot_after[slot]] = ids_[slot];
    labels_[slot_after[slot]] = std::move(labels_[slot]);
  }
  ids_.resize(kept);
  labels_.resize(kept);

  std::erase_if(order_, [&](Slot slot) { return slot_after[slot] == kNone; });
  for (Slot& slot : order_) slot = slot_after[slot];
  ranks_.resize(order_.size());
  for (uint32_t rank = 0; rank < order_.size(); ++rank) ranks_[order_[rank]] = rank;
  keep_pairs(slot_after);
}

void Postings::keep_pairs(const std::vector<Slot>& slot_after) {
  std::vector<Pair> pairs;
  std::vector<Name> names;
  name_places_.clear();
  for (Name& name : names_) {
    Name left{std::move(name.text), {}, 0};
    for (size_t i = 0; i < name.pairs.size(); ++i) {
      Pair& pair = pairs_[name.pairs[i]];
      std::erase_if(pair.slots, [&](Slot slot) { return slot_after[slot] == kNone; });
      if (pair.slots.empty()) continue;
      for (Slot& slot : pair.slots) slot = slot_after[slot];
      left.pairs.push_back(static_cast<uint32_t>(pairs.size()));
      if (i < name.sorted) left.sorted = left.pairs.size();
      pair.name = static_cast<uint32_t>(names.size());
      pairs.push_back(std::move(pair));
    }
    if (left.pairs.empty()) continue;
    name_places_.emplace(left.text, static_cast<uint32_t>(names.size()));
    names.push_back(std::move(left));
  }
  pairs_ = std::move(pairs);
  names_ = std::move(names);
  grow_pairs();
}

void Postings::rank() {
  rank_values();
  const size_t before = order_.size();
  const size_t added = size() - before;
  if (added == 0) return;
  // Sorting all by numbers is faster than sorting a good part of them by labels.
  if (added > std::max<size_t>(256, before / 8)) {
    order_all();
  } else {
    order_added();
  }
  ranks_.resize(order_.size());
  for (uint32_t rank = 0; rank < order_.size(); ++rank) ranks_[order_[rank]] = rank;
}

// A few new series among many: their places by binary search, the rest moves in runs.
void Postings::order_added() {
  std::vector<Slot> added(size() - order_.size());
  std::iota(added.begin(), added.end(), static_cast<Slot>(order_.size()));
  const auto less = [this](Slot a, Slot b) { return labels_[a] < labels_[b]; };
  std::sort(added.begin(), added.end(), less);

  std::vector<Slot> merged;
  merged.reserve(size());
  auto from = order_.begin();
  for (const Slot slot : added) {
    const auto place = std::upper_bound(from, order_.end(), slot, less);
    merged.insert(merged.end(), from, place);
    merged.push_back(slot);
    from = place;
  }
  merged.insert(merged.end(), from, order_.end());
  order_ = std::move(merged);
}

// Numbers all label pairs in their order. A series is then the ascending sequence of the numbers of
// its pairs, and label order is the order of these sequences.
void Postings::order_all() {
  std::vector<uint32_t> begin(size() + 1, 0);
  for (const Pair& pair : pairs_) {
    for (const Slot slot : pair.slots) ++begin[slot + 1];
  }
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<uint32_t> numbers(begin.back());
  std::vector<uint32_t> filled(begin.begin(), begin.end() - 1);
  uint32_t number = 0;
  for (const auto& [text, name] : name_places_) {
    for (const uint32_t pair : names_[name].pairs) {
      ++number;
      for (const Slot slot : pairs_[pair].slots) numbers[filled[slot]++] = number;
    }
  }

  struct Key {
    uint64_t head;  // the first two numbers; 0 for none
    Slot slot;
  };
  std::vector<Key> keys(size());
  for (Slot slot = 0; slot < size(); ++slot) {
    const uint32_t labels = begin[slot + 1] - begin[slot];
    const uint64_t first = labels > 0 ? numbers[begin[slot]] : 0;
    const uint64_t second = labels > 1 ? numbers[begin[slot] + 1] : 0;
    keys[slot] = {first << 32 | second, slot};
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.head != b.head) return a.head < b.head;
    const uint32_t* from = numbers.data();
    return std::lexicographical_compare(from + begin[a.slot], from + begin[a.slot + 1],
                                        from + begin[b.slot], from + begin[b.slot + 1]);
  });
  order_.resize(size());
  for (size_t rank = 0; rank < keys.size(); ++rank) order_[rank] = keys[rank].slot;
}

// Sorts the new values of each name by the eight bytes behind what all of them begin with, and by
// the rest where that does not decide.
void Postings::rank_values() {
  struct Key {
    uint64_t head;
    uint32_t pair;
  };
  std::vector<Key> keys;
  for (Name& name : names_) {
    if (name.sorted == name.pairs.size()) continue;
    const std::span<uint32_t> added = std::span(name.pairs).subspan(name.sorted);
    std::string_view shared = pairs_[added[0]].value;
    for (const uint32_t pair : added) {
      const std::string_view value = pairs_[pair].value;
      const size_t most = std::min(shared.size(), value.size());
      const auto differ = std::mismatch(shared.begin(), shared.begin() + most, value.begin());
      shared = shared.substr(0, static_cast<size_t>(differ.first - shared.begin()));
    }
    keys.clear();
    for (const uint32_t pair : added) {
      const std::string_view rest = std::string_view(pairs_[pair].value).substr(shared.size());
      uint64_t head = 0;
      std::memcpy(&head, rest.data(), std::min<size_t>(8, rest.size()));
      keys.push_back({__builtin_bswap64(head), pair});
    }
    std::sort(keys.begin(), keys.end(), [this](const Key& a, const Key& b) {
      return a.head != b.head ? a.head < b.head : pairs_[a.pair].value < pairs_[b.pair].value;
    });
    for (size_t i = 0; i < keys.size(); ++i) added[i] = keys[i].pair;
    const auto middle = name.pairs.begin() + static_cast<std::ptrdiff_t>(name.sorted);
    std::inplace_merge(
        name.pairs.begin(), middle, name.pairs.end(),
        [this](uint32_t a, uint32_t b) { return pairs_[a].value < pairs_[b].value; });
    name.sorted = name.pairs.size();
  }
}

const Postings::Name* Postings::find_name(std::string_view name) const {
  const auto at = name_places_.find(name);
  return at == name_places_.end() ? nullptr : &names_[at->second];
}

// The newest series first: it is the likeliest to count.
bool Postings::pair_counts(uint32_t pair, const SeriesIndex::Predicate& counts) const {
  const auto& slots = pairs_[pair].slots;
  return !counts || std::any_of(slots.rbegin(), slots.rend(),
                                [&](Slot slot) { return counts(ids_[slot]); });
}

std::vector<std::string> Postings::names(const SeriesIndex::Predicate& counts) const {
  std::vector<std::string> names;
  names.reserve(name_places_.size());
  for (const auto& [name, place] : name_places_) {
    const auto& pairs = names_[place].pairs;
    if (std::any_of(pairs.begin(), pairs.end(),
                    [&](uint32_t pair) { return pair_counts(pair, counts); })) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> Postings::values(std::string_view name,
                                          const SeriesIndex::Predicate& counts) const {
  std::vector<std::string> values;
  const Name* found = find_name(name);
  if (found == nullptr) return values;
  values.reserve(found->pairs.size());
  for (const uint32_t pair : found->pairs) {
    if (pair_counts(pair, counts)) values.push_back(pairs_[pair].value);
  }
  return values;
}

namespace {

void keep_largest(std::vector<NamedCount>& counts, size_t top) {
  const auto larger = [](const NamedCount& a, const NamedCount& b) {
    return a.value != b.value ? a.value > b.value : a.name < b.name;
  };
  const size_t kept = std::min(top, counts.size());
  std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(kept),
                    counts.end(), larger);
  counts.resize(kept);
}

}  // namespace

void Postings::describe(size_t top, Statistics& out) const {
  out.series = size();
  out.label_pairs = pairs_.size();
  for (const Name& name : names_) {
    uint64_t bytes = 0;
    for (const uint32_t place : name.pairs) {
      const Pair& pair = pairs_[place];
      bytes += pair.value.size() * pair.slots.size();
      if (name.text == model::kMetricName) {
        out.series_by_metric.push_back({pair.value, pair.slots.size()});
      }
      out.series_by_label_pair.push_back({name.text + "=" + pair.value, pair.slots.size()});
    }
    out.values_by_label.push_back({name.text, name.pairs.size()});
    out.bytes_by_label.push_back({name.text, bytes});
  }
  keep_largest(out.series_by_metric, top);
  keep_largest(out.values_by_label, top);
  keep_largest(out.bytes_by_label, top);
  keep_largest(out.series_by_label_pair, top);
}

}  // namespace gnomon::storage
