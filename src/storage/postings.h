#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/model/labels.h"
#include "src/model/matcher.h"
#include "src/storage/series_index.h"

namespace gnomon::storage {

// Position of a live series: dense from 0, ascending with the series' id; changed by erase() only.
using Slot = uint32_t;

// The inside of SeriesIndex, without a lock: const members may run at once, others alone.
//
// Series are found by 96 bits of their label hash; label pairs by a hash that is verified. Label
// order is kept as a rank per slot, so that sorting a selection compares integers; ranks (and the
// sorted values of each label name) cover the slots below ranked() and are brought up to date by
// rank().
class Postings {
 public:
  size_t size() const { return labels_.size(); }
  std::optional<Slot> find(const model::Hash128& hash) const;
  void prefetch(const model::Hash128& hash) const;
  // The hash must not be there yet; `id` is greater than every id there is.
  Slot add(const model::Hash128& hash, SeriesId id, model::Labels labels);
  // Returns how many there were.
  size_t erase(std::span<const SeriesId> ids);

  std::optional<Slot> slot(SeriesId id) const;
  SeriesId id(Slot slot) const { return ids_[slot]; }
  const model::Labels& labels(Slot slot) const { return labels_[slot]; }

  void rank();
  size_t ranked() const { return order_.size(); }

  // The ranked slots that satisfy all matchers, in label order.
  std::vector<Slot> match(const model::Matchers& matchers) const;

  // Sorted; those that some series has for which `counts` holds (empty: any series). values() needs
  // rank().
  std::vector<std::string> names(const SeriesIndex::Predicate& counts) const;
  std::vector<std::string> values(std::string_view name,
                                  const SeriesIndex::Predicate& counts) const;
  void describe(size_t top, Statistics& out) const;

 private:
  struct SeriesEntry {
    uint64_t high = 0;
    uint32_t low = 0;
    uint32_t slot_after = 0;  // slot + 1; 0: free
  };
  struct PairEntry {
    uint32_t hash = 0;
    uint32_t pair_after = 0;  // pair + 1; 0: free
  };
  static constexpr uint32_t kNone = 0xffffffff;
  struct Pair {
    std::string value;
    std::vector<Slot> slots;  // ascending
    uint32_t name = 0;        // in names_
    uint32_t hash = 0;
  };
  struct Name {
    std::string text;
    std::vector<uint32_t> pairs;  // in pairs_; the first `sorted` of them by value
    size_t sorted = 0;
  };
  struct Condition;

  size_t series_place(const model::Hash128& hash) const;
  void grow_series();
  size_t pair_place(uint32_t hash, model::Label label) const;
  void grow_pairs();
  uint32_t find_pair(model::Label label) const;  // kNone when unknown
  uint32_t find_or_add_pair(model::Label label);
  void keep(const std::vector<Slot>& slot_after, size_t kept);
  void keep_pairs(const std::vector<Slot>& slot_after);
  void rank_values();
  void order_added();
  void order_all();

  bool pair_counts(uint32_t pair, const SeriesIndex::Predicate& counts) const;
  const Name* find_name(std::string_view name) const;
  std::span<const uint32_t> pairs_with_prefix(const Name& name, std::string_view prefix) const;
  bool quick_condition(const model::Matcher& matcher, Condition& out) const;
  Condition scanned_condition(const model::Matcher& matcher) const;
  std::vector<Slot> sorted_by_rank(std::vector<Slot> slots) const;

  std::vector<SeriesEntry> series_table_;  // open addressing, power of two
  std::vector<PairEntry> pair_table_;
  std::vector<SeriesId> ids_;
  std::vector<model::Labels> labels_;
  std::vector<Pair> pairs_;
  std::vector<Name> names_;
  std::map<std::string, uint32_t, std::less<>> name_places_;
  std::vector<uint32_t> ranks_;  // by slot
  std::vector<Slot> order_;      // by rank
};

}  // namespace gnomon::storage
