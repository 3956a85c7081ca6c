#include <algorithm>

#include "src/storage/postings.h"

namespace gnomon::storage {
namespace {

using model::Matcher;
using model::MatchKind;

class SlotSet {
 public:
  explicit SlotSet(size_t slots) : words_((slots + 63) / 64) {}
  void insert(uint32_t slot) { words_[slot / 64] |= uint64_t{1} << (slot % 64); }
  bool contains(uint32_t slot) const { return (words_[slot / 64] >> (slot % 64)) & 1; }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(static_cast<uint32_t>(i * 64 + static_cast<size_t>(std::countr_zero(word))));
      }
    }
  }

 private:
  std::vector<uint64_t> words_;
};

// Walks `list` in step with the ascending candidates; gallops when it is much longer.
class ListProbe {
 public:
  ListProbe(const std::vector<Slot>& list, size_t candidates)
      : at_(list.data()), end_(list.data() + list.size()), gallop_(list.size() / 16 > candidates) {}
  bool contains(Slot slot) {
    if (gallop_) {
      at_ = std::lower_bound(at_, end_, slot);
    } else {
      while (at_ != end_ && *at_ < slot) ++at_;
    }
    return at_ != end_ && *at_ == slot;
  }

 private:
  const Slot* at_;
  const Slot* end_;
  bool gallop_;
};

}  // namespace

// A matcher as postings: a series passes when it is in one of the lists, or, when `subtract` is
// set, in none of them.
struct Postings::Condition {
  std::vector<const std::vector<Slot>*> lists;
  size_t total = 0;
  bool subtract = false;

  void add(const Pair& pair) {
    lists.push_back(&pair.slots);
    total += pair.slots.size();
  }
  SlotSet set(size_t slots) const {
    SlotSet out(slots);
    for (const auto* list : lists) {
      for (const Slot slot : *list) out.insert(slot);
    }
    return out;
  }
  void filter(std::vector<Slot>& candidates, size_t slots) const {
    if (lists.size() == 1) {
      ListProbe probe(*lists[0], candidates.size());
      std::erase_if(candidates, [&](Slot slot) { return probe.contains(slot) == subtract; });
    } else if (!lists.empty()) {
      const SlotSet members = set(slots);
      std::erase_if(candidates, [&](Slot slot) { return members.contains(slot) == subtract; });
    } else if (!subtract) {
      candidates.clear();
    }
  }
};

// Matchers whose lists are found by lookup alone: equality with a value, alternations of literals.
bool Postings::quick_condition(const Matcher& matcher, Condition& out) const {
  const auto add = [&](const std::string& value) {
    const uint32_t pair = find_pair({matcher.name(), value});
    if (pair != kNone) out.add(pairs_[pair]);
  };
  if (matcher.kind() == MatchKind::NotEqual && !matcher.value().empty()) {
    out.subtract = true;
    add(matcher.value());
    return true;
  }
  const bool positive = matcher.kind() == MatchKind::Equal || matcher.kind() == MatchKind::Regex;
  if (!positive || matcher.literals().empty() || matcher.matches_empty()) return false;
  std::vector<std::string> values = matcher.literals();
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const std::string& value : values) add(value);
  return true;
}

std::span<const uint32_t> Postings::pairs_with_prefix(const Name& name,
                                                      std::string_view prefix) const {
  const auto begin = name.pairs.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(name.sorted);
  const auto head = [&](uint32_t pair) {
    return std::string_view(pairs_[pair].value).substr(0, prefix.size());
  };
  const auto first = std::partition_point(begin, end, [&](uint32_t p) { return head(p) < prefix; });
  const auto last = std::partition_point(first, end, [&](uint32_t p) { return head(p) == prefix; });
  return {first, last};
}

// Asks the matcher about every distinct value of its label once. A matcher that takes the missing
// label too is turned round: what it refuses is subtracted.
Postings::Condition Postings::scanned_condition(const Matcher& matcher) const {
  Condition out;
  out.subtract = matcher.matches_empty();
  const Name* name = find_name(matcher.name());
  if (name == nullptr) return out;
  std::span<const uint32_t> pairs = name->pairs;
  if (matcher.kind() == MatchKind::Regex && !out.subtract) {
    pairs = pairs_with_prefix(*name, matcher.prefix());
  }
  for (const uint32_t pair : pairs) {
    if (matcher.matches(pairs_[pair].value) != out.subtract) out.add(pairs_[pair]);
  }
  return out;
}

std::vector<Slot> Postings::match(const model::Matchers& matchers) const {
  std::vector<Condition> conditions;
  std::vector<const Matcher*> scans;
  for (const Matcher& matcher : matchers) {
    Condition condition;
    if (!quick_condition(matcher, condition)) {
      scans.push_back(&matcher);
    } else if (!condition.lists.empty()) {
      conditions.push_back(std::move(condition));
    } else if (!condition.subtract) {
      return {};
    }
  }
  // Without a positive lookup the scans come first: one of them may be the smallest start.
  const auto by_size = [](const Condition& a, const Condition& b) {
    return a.subtract != b.subtract ? !a.subtract : a.total < b.total;
  };
  std::sort(conditions.begin(), conditions.end(), by_size);
  if (conditions.empty() || conditions.front().subtract) {
    for (const Matcher* matcher : scans) conditions.push_back(scanned_condition(*matcher));
    scans.clear();
    std::sort(conditions.begin(), conditions.end(), by_size);
  }

  std::vector<Slot> slots;
  const bool from_list = !conditions.empty() && !conditions.front().subtract;
  if (from_list && conditions.front().lists.size() == 1) {
    slots = *conditions.front().lists.front();
  } else if (from_list) {
    slots.reserve(conditions.front().total);
    conditions.front().set(size()).for_each([&](Slot slot) { slots.push_back(slot); });
  } else {
    slots.resize(ranked());
    for (Slot slot = 0; slot < slots.size(); ++slot) slots[slot] = slot;
  }
  for (size_t i = from_list ? 1 : 0; i < conditions.size(); ++i)
    conditions[i].filter(slots, size());
  // A few candidates: read their labels instead of asking about every value of the label.
  for (const Matcher* matcher : scans) {
    const Name* name = find_name(matcher->name());
    if (name != nullptr && slots.size() > name->pairs.size()) {
      scanned_condition(*matcher).filter(slots, size());
    } else {
      std::erase_if(
          slots, [&](Slot slot) { return !matcher->matches(labels_[slot].get(matcher->name())); });
    }
  }
  return sorted_by_rank(std::move(slots));
}

std::vector<Slot> Postings::sorted_by_rank(std::vector<Slot> slots) const {
  while (!slots.empty() && slots.back() >= ranked()) slots.pop_back();
  if (slots.size() == ranked()) return order_;
  for (Slot& slot : slots) slot = ranks_[slot];
  if (slots.size() > ranked() / 64) {
    SlotSet ranks(ranked());
    for (const uint32_t rank : slots) ranks.insert(rank);
    slots.clear();
    ranks.for_each([&](uint32_t rank) { slots.push_back(rank); });
  } else {
    std::sort(slots.begin(), slots.end());
  }
  for (Slot& slot : slots) slot = order_[slot];
  return slots;
}

}  // namespace gnomon::storage
