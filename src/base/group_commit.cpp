#include "src/base/group_commit.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "src/base/guarded.h"

namespace gnomon::base {
namespace {

Error gave_up() { return {ErrorKind::Canceled, "the request was canceled before it was stored"}; }

}  // namespace

Result<void> GroupCommit::commit(Entry& entry) {
  // It may run on another thread at any time until it is destroyed, hence without mutex_ held.
  const std::stop_callback on_stop(entry.stop, [this, &entry] {
    const std::lock_guard hold(mutex_);
    entry.wake_.notify_one();
  });
  return wait(entry);
}

Result<void> GroupCommit::exclusive(const Body& body, std::stop_token stop) {
  Entry entry;
  entry.body_ = &body;
  entry.stop = std::move(stop);
  return commit(entry);
}

bool GroupCommit::abandoned(Group group) {
  return std::all_of(group.begin(), group.end(),
                     [](const Entry* entry) { return entry->stop.stop_requested(); });
}

GroupCommit::Counts GroupCommit::counts() const {
  const std::lock_guard hold(mutex_);
  return counts_;
}

size_t GroupCommit::waiting() const {
  const std::lock_guard hold(mutex_);
  return queued_;
}

Result<void> GroupCommit::wait(Entry& entry) {
  std::unique_lock lock(mutex_);
  push(entry);
  entry.wake_.wait(lock, [&] {
    const bool gives_up = entry.queued_ && entry.stop.stop_requested();
    return entry.done_ || gives_up || (!busy_ && first_ == &entry);
  });
  if (entry.done_) return std::move(entry.result_);
  if (entry.stop.stop_requested()) {
    remove(entry);
    if (!busy_) wake_front();
    return gave_up();
  }
  busy_ = true;
  if (options_.linger.count() > 0 && entry.body_ == nullptr) linger(lock, entry);
  began_ = Clock::now();
  Entry* alone = first_;
  std::vector<Entry*> group = take_group();
  lock.unlock();
  lead(group.empty() ? Group(&alone, 1) : Group(group));
  return std::move(entry.result_);
}

void GroupCommit::push(Entry& entry) {
  (last_ == nullptr ? first_ : last_->next_) = &entry;
  last_ = &entry;
  entry.queued_ = true;
  queued_weight_ += entry.weight;
  ++queued_;
  // A leader that lingers stands first in the queue.
  if (options_.linger_weight > 0 && queued_weight_ >= options_.linger_weight) wake_front();
}

void GroupCommit::remove(Entry& entry) {
  Entry* before = nullptr;
  for (Entry* at = first_; at != &entry; at = at->next_) before = at;
  (before == nullptr ? first_ : before->next_) = entry.next_;
  if (last_ == &entry) last_ = before;
  entry.next_ = nullptr;
  entry.queued_ = false;
  queued_weight_ -= entry.weight;
  --queued_;
}

void GroupCommit::wake_front() {
  if (first_ != nullptr) first_->wake_.notify_one();
}

// With mutex_ held, as leader: waits for company.
void GroupCommit::linger(std::unique_lock<std::mutex>& lock, Entry& leader) {
  leader.wake_.wait_until(lock, began_ + options_.linger,
                          [&] { return queued_weight_ >= options_.linger_weight; });
}

// With mutex_ held: takes the first of the queue and what may be committed with it out of it. Empty
// where memory has run out: then the first alone was taken.
std::vector<GroupCommit::Entry*> GroupCommit::take_group() {
  std::vector<Entry*> group;
  size_t weight = 0;
  try {
    do {
      Entry& entry = *first_;
      group.push_back(&entry);
      remove(entry);
      weight += entry.weight;
      if (entry.body_ != nullptr) break;
    } while (first_ != nullptr && first_->body_ == nullptr && weight <= options_.weight_max);
  } catch (const std::exception&) {
    if (group.empty()) remove(*first_);
  }
  return group;
}

void GroupCommit::lead(Group group) {
  const Body* body = group.front()->body_;
  Result<void> result = guarded([&] { return body != nullptr ? (*body)() : hooks_.commit(group); });
  // The lock is taken before the next leader may commit, so that groups are applied in order.
  std::unique_lock applying(apply_mutex_);
  {
    const std::lock_guard hold(mutex_);
    busy_ = false;
    ++counts_.commits;
    for (const Entry* entry : group) counts_.weight += entry->weight;
    wake_front();
  }
  if (body == nullptr && result.ok() && hooks_.apply) {
    result = guarded([&] { return hooks_.apply(group); });
  }
  applying.unlock();
  const std::lock_guard hold(mutex_);
  for (Entry* entry : group) {
    // Every entry must be woken, also where there is no memory for a copy of the message.
    try {
      entry->result_ = result;
    } catch (const std::exception&) {
      entry->result_ = Error{ErrorKind::Internal, {}};
    }
    entry->done_ = true;
    entry->wake_.notify_one();
  }
}

}  // namespace gnomon::base
