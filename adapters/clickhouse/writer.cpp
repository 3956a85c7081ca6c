#include "adapters/clickhouse/writer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "src/base/guarded.h"
#include "src/base/limits.h"

namespace gnomon::clickhouse {
namespace {

using base::GroupCommit;

// A stop that fires when those of all entries have.
class AllStopped {
 public:
  explicit AllStopped(std::span<Entry* const> entries) : left_(entries.size()) {
    for (const Entry* entry : entries) callbacks_.emplace_back(entry->stop, CountDown{this});
  }
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct CountDown {
    AllStopped* all;
    void operator()() const {
      if (--all->left_ == 0) all->source_.request_stop();
    }
  };
  std::stop_source source_;
  std::atomic<size_t> left_;
  std::deque<std::stop_callback<CountDown>> callbacks_;  // last: none runs when the others go
};

// Moves the entries of the first one's signal out of `entries`.
std::vector<Entry*> take_signal(std::vector<Entry*>& entries) {
  const Signal* const signal = &entries.front()->signal;
  std::vector<Entry*> taken;
  std::erase_if(entries, [&](Entry* entry) {
    if (&entry->signal != signal) return false;
    taken.push_back(entry);
    return true;
  });
  return taken;
}

// What fails for one signal is not the failure of the others.
Result<void> insert_group(GroupCommit::Group group) {
  std::vector<Entry*> entries;
  for (GroupCommit::Entry* one : group) {
    auto* const entry = static_cast<Entry*>(one);
    if (entry->stop.stop_requested()) {
      entry->result = base::canceled();
    } else {
      entries.push_back(entry);
    }
  }
  while (!entries.empty()) {
    const std::vector<Entry*> some = take_signal(entries);
    const AllStopped abandoned(some);
    const auto result =
        base::guarded([&] { return some.front()->signal.insert(some, abandoned.token()); });
    for (Entry* entry : some) entry->result = result;
  }
  return {};
}

}  // namespace

Writer::Writer()
    : commits_({.weight_max = base::kClickHouseGroupRowsMax,
                .linger = std::chrono::milliseconds(base::kClickHouseGroupMs),
                .linger_weight = base::kClickHouseGroupRows},
               {.commit = insert_group, .apply = {}}) {}

Result<void> Writer::write(Entry& entry) {
  TRY_VOID(commits_.commit(entry));
  return std::move(entry.result);
}

Result<void> Writer::exclusive(const GroupCommit::Body& body, std::stop_token stop) {
  return commits_.exclusive(body, std::move(stop));
}

}  // namespace gnomon::clickhouse
