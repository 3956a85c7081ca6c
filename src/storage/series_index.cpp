#include "src/storage/series_index.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <set>
#include <unordered_set>

#include "src/storage/matching.h"
#include "src/storage/postings.h"
#include "src/storage/selection_cache.h"

namespace gnomon::storage {
namespace {

constexpr uint64_t kIdsEnd = uint64_t{std::numeric_limits<uint32_t>::max()} + 1;
constexpr size_t kPrefetchAhead = 8;
// A cached selection is compared with so many newer series before it is computed anew.
constexpr size_t kNewSeriesChecked = 2'000;

// Unambiguous: every string after its length.
std::string cache_key(const model::Matchers& matchers) {
  std::string key;
  const auto add = [&](const std::string& text) {
    const uint64_t size = text.size();
    key.append(reinterpret_cast<const char*>(&size), sizeof(size));
    key += text;
  };
  for (const model::Matcher& matcher : matchers) {
    key += static_cast<char>(matcher.kind());
    add(matcher.name());
    add(matcher.value());
  }
  return key;
}

}  // namespace

SeriesIndex::SeriesIndex(SeriesId first)
    : postings_(std::make_unique<Postings>()),
      cache_(std::make_unique<SelectionCache>()),
      next_id_(static_cast<uint32_t>(first)) {}

SeriesIndex::~SeriesIndex() = default;

Result<void> SeriesIndex::find_or_add(std::span<const model::LabelsView> labels,
                                      std::vector<SeriesId>& ids, std::vector<uint32_t>& added) {
  ids.resize(labels.size());
  added.clear();
  std::vector<model::Hash128> hashes(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) hashes[i] = model::hash128(labels[i]);

  std::vector<uint32_t> unknown;
  {
    const std::shared_lock lock(mutex_);
    for (size_t i = 0; i < labels.size(); ++i) {
      if (i + kPrefetchAhead < labels.size()) postings_->prefetch(hashes[i + kPrefetchAhead]);
      if (const auto slot = postings_->find(hashes[i])) {
        ids[i] = postings_->id(*slot);
      } else {
        unknown.push_back(static_cast<uint32_t>(i));
      }
    }
  }
  if (unknown.empty()) return {};

  const std::unique_lock lock(mutex_);
  if (kIdsEnd - next_id_ < unknown.size()) {
    return Error{ErrorKind::Unavailable, "the store has given away all 4294967295 series ids"};
  }
  for (const uint32_t i : unknown) {
    auto slot = postings_->find(hashes[i]);
    if (!slot) {
      const SeriesId id{static_cast<uint32_t>(next_id_++)};
      slot = postings_->add(hashes[i], id, model::Labels(std::string(labels[i].packed())));
      added.push_back(i);
    }
    ids[i] = postings_->id(*slot);
  }
  size_.store(postings_->size(), std::memory_order_release);
  if (!added.empty()) generation_.fetch_add(1, std::memory_order_release);
  return {};
}

std::optional<SeriesId> SeriesIndex::find(model::LabelsView labels) const {
  const model::Hash128 hash = model::hash128(labels);
  const std::shared_lock lock(mutex_);
  const auto slot = postings_->find(hash);
  if (!slot) return std::nullopt;
  return postings_->id(*slot);
}

bool SeriesIndex::restore(SeriesId id, model::Labels labels) {
  const model::Hash128 hash = model::hash128(labels.view());
  const std::unique_lock lock(mutex_);
  const size_t size = postings_->size();
  if (size > 0 && postings_->id(static_cast<Slot>(size - 1)) >= id) return false;
  if (postings_->find(hash)) return false;
  postings_->add(hash, id, std::move(labels));
  next_id_ = std::max<uint64_t>(next_id_, uint64_t{static_cast<uint32_t>(id)} + 1);
  size_.store(postings_->size(), std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_release);
  return true;
}

void SeriesIndex::reserve_ids(SeriesId next) {
  const std::unique_lock lock(mutex_);
  next_id_ = std::max<uint64_t>(next_id_, static_cast<uint32_t>(next));
}

void SeriesIndex::erase(std::span<const SeriesId> ids) {
  const std::unique_lock lock(mutex_);
  if (postings_->erase(ids) == 0) return;
  erasures_.fetch_add(1, std::memory_order_release);
  cache_->clear();
  size_.store(postings_->size(), std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_release);
}

model::Labels SeriesIndex::labels(SeriesId id) const {
  const std::shared_lock lock(mutex_);
  const auto slot = postings_->slot(id);
  return slot ? postings_->labels(*slot) : model::Labels();
}

void SeriesIndex::rank_new_series() const {
  {
    const std::shared_lock lock(mutex_);
    if (postings_->ranked() == postings_->size()) return;
  }
  const std::unique_lock lock(mutex_);
  postings_->rank();
}

// True when no series was erased since and no newer one belongs to the selection; `cached` then
// covers all series.
bool SeriesIndex::still_complete(const model::Matchers& matchers, CachedSelection& cached) const {
  if (cached.erasures != erasures_.load(std::memory_order_acquire)) return false;
  if (cached.slots == size()) return true;
  const std::shared_lock lock(mutex_);
  if (cached.erasures != erasures_.load(std::memory_order_relaxed)) return false;
  if (postings_->size() - cached.slots > kNewSeriesChecked) return false;
  for (Slot slot = cached.slots; slot < postings_->size(); ++slot) {
    if (satisfies(postings_->labels(slot).view(), matchers)) return false;
  }
  cached.slots = static_cast<uint32_t>(postings_->size());
  return true;
}

SeriesListPtr SeriesIndex::match(const model::Matchers& matchers) const {
  const std::string key = cache_key(matchers);
  if (auto cached = cache_->find(key)) {
    const uint32_t covered = cached->slots;
    if (still_complete(matchers, *cached)) {
      if (cached->slots != covered) cache_->store(key, *cached);
      return cached->list;
    }
  }
  rank_new_series();
  auto list = std::make_shared<SeriesList>();
  CachedSelection selection;
  {
    const std::shared_lock lock(mutex_);
    const std::vector<Slot> slots = postings_->match(matchers);
    list->ids.reserve(slots.size());
    list->labels.reserve(slots.size());
    for (const Slot slot : slots) {
      list->ids.push_back(postings_->id(slot));
      list->labels.push_back(postings_->labels(slot));
    }
    selection = {list, static_cast<uint32_t>(postings_->ranked()), erasures_.load()};
  }
  cache_->store(key, std::move(selection));
  return list;
}

SeriesListPtr SeriesIndex::match_any(const MatcherSets& sets) const {
  if (sets.empty()) return match({});
  if (sets.size() == 1) return match(sets.front());
  std::vector<std::pair<model::Labels, SeriesId>> all;
  for (const model::Matchers& matchers : sets) {
    const SeriesListPtr list = match(matchers);
    for (size_t i = 0; i < list->ids.size(); ++i) all.emplace_back(list->labels[i], list->ids[i]);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  auto out = std::make_shared<SeriesList>();
  for (auto& [labels, id] : all) {
    out->labels.push_back(std::move(labels));
    out->ids.push_back(id);
  }
  return out;
}

std::vector<model::Labels> SeriesIndex::series(const MatcherSets& sets,
                                               const Predicate& counts) const {
  const SeriesListPtr list = match_any(sets);
  if (!counts) return list->labels;
  std::vector<model::Labels> out;
  for (size_t i = 0; i < list->ids.size(); ++i) {
    if (counts(list->ids[i])) out.push_back(list->labels[i]);
  }
  return out;
}

std::vector<std::string> SeriesIndex::label_names(const MatcherSets& sets,
                                                  const Predicate& counts) const {
  if (sets.empty()) {
    const std::shared_lock lock(mutex_);
    return postings_->names(counts);
  }
  std::set<std::string, std::less<>> names;
  for (const model::Labels& labels : series(sets, counts)) {
    for (const model::Label label : labels) {
      if (!names.contains(label.name)) names.emplace(label.name);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> SeriesIndex::label_values(const std::string& name, const MatcherSets& sets,
                                                   const Predicate& counts) const {
  if (sets.empty()) {
    rank_new_series();
    const std::shared_lock lock(mutex_);
    return postings_->values(name, counts);
  }
  const std::vector<model::Labels> found = series(sets, counts);
  std::unordered_set<std::string_view> distinct;
  for (const model::Labels& labels : found) {
    if (const std::string_view value = labels.get(name); !value.empty()) distinct.insert(value);
  }
  std::vector<std::string> values(distinct.begin(), distinct.end());
  std::sort(values.begin(), values.end());
  return values;
}

void SeriesIndex::describe(size_t top, Statistics& out) const {
  const std::shared_lock lock(mutex_);
  postings_->describe(top, out);
}

}  // namespace gnomon::storage
