#include "adapters/blocks/metrics/commit_queue.h"

#include <utility>

#include "src/base/guarded.h"

namespace gnomon::blocks {
namespace {

constexpr size_t kGroupBytesMax = 8u << 20;

}  // namespace

Result<void> CommitQueue::write(Write& write) {
  Turn turn;
  turn.write = &write;
  return queue(turn);
}

Result<void> CommitQueue::exclusive(const Body& body) {
  Turn turn;
  turn.body = &body;
  return queue(turn);
}

CommitQueue::Counts CommitQueue::counts() const {
  const std::lock_guard hold(mutex_);
  return counts_;
}

Result<void> CommitQueue::queue(Turn& turn) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&turn);
  turn.wake.wait(lock, [&] { return turn.done || (!busy_ && queue_.front() == &turn); });
  if (!turn.done) {
    const auto group = take_group();
    busy_ = true;
    lock.unlock();
    lead(group);
  }
  return std::move(turn.result);
}

// With mutex_ held: the first of the queue and what may be committed with it.
std::vector<CommitQueue::Turn*> CommitQueue::take_group() {
  std::vector<Turn*> group;
  size_t bytes = 0;
  while (!queue_.empty()) {
    Turn* turn = queue_.front();
    if (!group.empty() && (turn->body != nullptr || bytes > kGroupBytesMax)) break;
    queue_.pop_front();
    group.push_back(turn);
    if (turn->body != nullptr) break;
    bytes += turn->write->record.size();
  }
  return group;
}

void CommitQueue::lead(std::span<Turn* const> group) {
  const bool alone = group.front()->body != nullptr;
  std::vector<Write*> writes;
  for (Turn* turn : group) {
    if (!alone) writes.push_back(turn->write);
  }
  auto result =
      base::guarded([&] { return alone ? (*group.front()->body)() : hooks_.commit(writes); });
  // The next commit may begin as soon as nobody can overtake us on the way to the head.
  std::unique_lock applying(apply_mutex_);
  {
    const std::lock_guard hold(mutex_);
    busy_ = false;
    ++counts_.commits;
    for (const Write* write : writes) counts_.log_bytes += write->record.size();
    if (!queue_.empty()) queue_.front()->wake.notify_one();
  }
  if (!alone && result.ok()) result = base::guarded([&] { return hooks_.apply(writes); });
  applying.unlock();
  const std::lock_guard hold(mutex_);
  for (Turn* turn : group) {
    turn->result = result;
    turn->done = true;
    turn->wake.notify_one();
  }
}

}  // namespace gnomon::blocks
