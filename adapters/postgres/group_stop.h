#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "src/base/group_commit.h"

namespace gnomon::postgres {

// One stop for a group of writes: it fires when those of all have fired, for then none waits for
// the commit they share.
class GroupStop {
 public:
  explicit GroupStop(base::GroupCommit::Group group) : left_(group.size()) {
    for (const base::GroupCommit::Entry* entry : group) {
      if (!entry->stop.stop_possible()) return;
    }
    for (const base::GroupCommit::Entry* entry : group) {
      callbacks_.push_back(std::make_unique<Callback>(entry->stop, Leave{this}));
    }
  }
  GroupStop(const GroupStop&) = delete;
  GroupStop& operator=(const GroupStop&) = delete;

  // Without callbacks there is no one that could fire it.
  std::stop_token token() const {
    return callbacks_.empty() ? std::stop_token() : source_.get_token();
  }

 private:
  struct Leave {
    GroupStop* group;
    void operator()() const {
      if (--group->left_ == 0) group->source_.request_stop();
    }
  };
  using Callback = std::stop_callback<Leave>;

  std::atomic<size_t> left_;
  std::stop_source source_;
  std::vector<std::unique_ptr<Callback>> callbacks_;  // last: they end first
};

}  // namespace gnomon::postgres
