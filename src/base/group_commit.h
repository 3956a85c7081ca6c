#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <stop_token>
#include <vector>

#include "src/base/result.h"

namespace gnomon::base {

// Group commit: requests that wait at the same time share one commit. The first in the queue leads:
// it takes along what queued up behind it, commits the group, and applies it while the next group
// commits already. Groups are committed one at a time, in the order of arrival, and applied in the
// same order, one at a time. All members: any thread.
class GroupCommit {
 public:
  // Runs between two commits.
  using Body = std::function<Result<void>()>;

  // A request. The caller's type derives from it; it must live until commit() has returned.
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    size_t weight = 0;       // its share of Options::weight_max: bytes or rows
    std::stop_token stop{};  // gives up the place in the queue; a commit that has begun goes on

   private:
    friend class GroupCommit;
    const Body* body_ = nullptr;  // runs alone, instead of being committed
    Entry* next_ = nullptr;       // in the queue
    bool queued_ = false;
    bool done_ = false;
    Result<void> result_;
    std::condition_variable wake_;
  };
  using Group = std::span<Entry* const>;

  struct Hooks {
    std::function<Result<void>(Group)> commit;
    // After a commit that succeeded, one group at a time. May be empty. Its error is the group's.
    std::function<Result<void>(Group)> apply;
  };
  struct Options {
    size_t weight_max;  // a group takes no further entry once it weighs more
    // Where few, large commits are wanted: a commit begins this long after the last one began, or
    // when the queue weighs `linger_weight`.
    std::chrono::nanoseconds linger{0};
    size_t linger_weight = 0;
  };
  GroupCommit(Options options, Hooks hooks) : options_(options), hooks_(std::move(hooks)) {}
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // Committed and applied when it returns. Errors: what a hook returned or threw; Canceled when
  // entry.stop fired while it waited for its turn: then nothing was committed. A stop that comes
  // when a leader takes the entry along is too late.
  Result<void> commit(Entry& entry);
  // Runs body between two commits; nothing is committed meanwhile. Canceled as above.
  Result<void> exclusive(const Body& body, std::stop_token stop = {});
  // Whether the stop of every entry has fired: what the group commits is of use to no caller.
  static bool abandoned(Group group);

  // Held while groups are applied: lock it to see no group half applied.
  std::mutex& apply_mutex() { return apply_mutex_; }

  struct Counts {
    uint64_t commits = 0;
    uint64_t weight = 0;  // of all that was ever committed or tried
  };
  Counts counts() const;
  // Entries that wait for their turn now.
  size_t waiting() const;

 private:
  using Clock = std::chrono::steady_clock;
  Result<void> wait(Entry& entry);
  void push(Entry& entry);
  void remove(Entry& entry);
  void wake_front();
  std::vector<Entry*> take_group();
  void linger(std::unique_lock<std::mutex>& lock, Entry& leader);
  void lead(Group group);

  const Options options_;
  const Hooks hooks_;
  mutable std::mutex mutex_;  // guards what follows, and the entries in the queue
  Entry* first_ = nullptr;    // the queue, linked by Entry::next_: queueing allocates nothing
  Entry* last_ = nullptr;
  size_t queued_weight_ = 0;
  size_t queued_ = 0;
  bool busy_ = false;  // a leader gathers its group or commits it
  Clock::time_point began_{};
  Counts counts_;
  std::mutex apply_mutex_;
};

}  // namespace gnomon::base
