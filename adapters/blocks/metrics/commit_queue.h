#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "adapters/blocks/metrics/write.h"
#include "src/base/result.h"

namespace gnomon::blocks {

// Requests that wait to be written are committed together: whoever is first in the queue leads,
// takes along all that queued up behind, and applies them while the next group commits already.
// Groups are committed one at a time and applied in the same order. Any thread.
class CommitQueue {
 public:
  using Group = std::span<Write* const>;
  struct Hooks {
    std::function<Result<void>(Group)> commit;
    // Called after a commit that succeeded, one group at a time.
    std::function<Result<void>(Group)> apply;
  };
  explicit CommitQueue(Hooks hooks) : hooks_(std::move(hooks)) {}
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Committed and applied when it returns; or the error of what failed.
  Result<void> write(Write& write);
  // Runs body between two commits.
  using Body = std::function<Result<void>()>;
  Result<void> exclusive(const Body& body);

  // Held while writes are applied. Lock it to look at the head as after a certain seq.
  std::mutex& apply_mutex() { return apply_mutex_; }

  struct Counts {
    uint64_t commits = 0;
    uint64_t log_bytes = 0;  // ever written
  };
  Counts counts() const;

 private:
  struct Turn {
    Write* write = nullptr;      // or
    const Body* body = nullptr;  // alone
    bool done = false;
    Result<void> result;
    std::condition_variable wake;
  };

  Result<void> queue(Turn& turn);
  std::vector<Turn*> take_group();
  void lead(std::span<Turn* const> group);

  const Hooks hooks_;
  mutable std::mutex mutex_;
  std::deque<Turn*> queue_;  // guarded by mutex_
  bool busy_ = false;        // somebody commits
  Counts counts_;
  std::mutex apply_mutex_;
};

}  // namespace gnomon::blocks
