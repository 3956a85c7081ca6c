#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/model/labels.h"
#include "src/model/matcher.h"
#include "src/storage/statistics.h"

namespace gnomon::storage {

// The number of a series within one store; never reused.
enum class SeriesId : uint32_t {};

// The series some matchers select, in label order (model::compare). Both vectors are parallel.
struct SeriesList {
  std::vector<SeriesId> ids;
  std::vector<model::Labels> labels;
};
using SeriesListPtr = std::shared_ptr<const SeriesList>;

class Postings;
class SelectionCache;
struct CachedSelection;

// All series of a store in memory: label set -> id, matchers -> series, and what the catalog wants
// to know. All members: any thread. Writers exclude readers only while series are added or erased.
class SeriesIndex {
 public:
  // True for a series that shall be counted. Called under the index's lock for reading: it must not
  // call the index. Empty: every series.
  using Predicate = std::function<bool(SeriesId)>;

  // New series get ids from `first` on.
  explicit SeriesIndex(SeriesId first = SeriesId{1});
  ~SeriesIndex();
  SeriesIndex(const SeriesIndex&) = delete;
  SeriesIndex& operator=(const SeriesIndex&) = delete;

  // ids[i] becomes the id of labels[i]; unknown label sets are added, with ascending ids in order
  // of appearance. `added` gets the positions in `labels` of those that were new, each once.
  // Unavailable when there are no ids left; nothing is added then.
  Result<void> find_or_add(std::span<const model::LabelsView> labels, std::vector<SeriesId>& ids,
                           std::vector<uint32_t>& added);
  std::optional<SeriesId> find(model::LabelsView labels) const;
  // Puts back a stored series at start. Ids must ascend over all calls; false (and no change) for
  // an id that does not, or a label set that is there already. Later new ids are greater.
  bool restore(SeriesId id, model::Labels labels);
  // No new id will be smaller than `next`: keeps ids of series that were erased before a restart
  // from being given again.
  void reserve_ids(SeriesId next);
  // Forgets series. Linear in the size of the index; ids that are not there are ignored.
  void erase(std::span<const SeriesId> ids);

  // Empty labels when there is no such series.
  model::Labels labels(SeriesId id) const;
  size_t size() const { return size_.load(std::memory_order_acquire); }
  // Grows with every change of the set of series.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  // The series that satisfy all matchers; no matchers: all series. Never null. Cached.
  SeriesListPtr match(const model::Matchers& matchers) const;

  // Catalog answers. No matcher sets: everything; several: their union.
  using MatcherSets = std::vector<model::Matchers>;
  std::vector<model::Labels> series(const MatcherSets& sets, const Predicate& counts) const;
  std::vector<std::string> label_names(const MatcherSets& sets, const Predicate& counts) const;
  std::vector<std::string> label_values(const std::string& name, const MatcherSets& sets,
                                        const Predicate& counts) const;
  // Fills series, label_pairs and the four lists (at most `top` of each, largest first).
  void describe(size_t top, Statistics& out) const;

 private:
  void rank_new_series() const;
  bool still_complete(const model::Matchers& matchers, CachedSelection& cached) const;
  SeriesListPtr match_any(const MatcherSets& sets) const;

  mutable std::shared_mutex mutex_;
  std::unique_ptr<Postings> postings_;     // guarded by mutex_
  std::unique_ptr<SelectionCache> cache_;  // has its own lock
  uint64_t next_id_;                    // guarded by mutex_; one past the last when there is none
  std::atomic<uint64_t> erasures_ = 0;  // written under mutex_
  std::atomic<size_t> size_ = 0;
  std::atomic<uint64_t> generation_ = 0;
};

}  // namespace gnomon::storage
