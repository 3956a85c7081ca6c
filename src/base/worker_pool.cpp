#include "src/base/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace gnomon::base {

WorkerPool::WorkerPool(size_t threads_max, int64_t idle_ms)
    : threads_max_(std::max<size_t>(threads_max, 1)), idle_ms_(idle_ms) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;  // from here on no worker starts or retires
    for (Worker& worker : workers_) worker.wake.notify_one();
  }
  for (Worker& worker : workers_) worker.thread.join();
  if (ended_.joinable()) ended_.join();
}

size_t WorkerPool::running() const {
  const std::lock_guard lock(mutex_);
  return workers_.size();
}

bool WorkerPool::submit(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  if (stopping_) return true;  // submitted by a task: its thread goes on until the queue is empty
  if (!idle_.empty()) {
    Worker& worker = *idle_.back();
    idle_.pop_back();
    worker.called = true;
    worker.wake.notify_one();
    return true;
  }
  if (workers_.size() == threads_max_ || start_one() || !workers_.empty()) return true;
  tasks_.pop_back();
  return false;
}

// REQUIRES: mutex_ held. False when the system gives no thread.
bool WorkerPool::start_one() {
  const size_t before = workers_.size();
  try {
    Worker& worker = workers_.emplace_front();
    worker.self = workers_.begin();
    worker.thread = std::thread([this, &worker] { work(worker); });
  } catch (const std::exception&) {  // no thread, or no memory for one
    if (workers_.size() > before) workers_.pop_front();
    return false;
  }
  return true;
}

void WorkerPool::work(Worker& self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (tasks_.empty()) {
      if (stopping_) return;
      if (wait_for_call(self, lock)) continue;
      std::thread before = retire(self);
      lock.unlock();
      if (before.joinable()) before.join();
      return;
    }
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is let go outside of the lock
    lock.lock();
  }
}

// False when nothing came for idle_ms_: then `self` is no longer in idle_.
bool WorkerPool::wait_for_call(Worker& self, std::unique_lock<std::mutex>& lock) {
  self.called = false;
  idle_.push_back(&self);
  const auto awaited = [&] { return self.called || stopping_; };
  if (idle_ms_ == kNeverEnd) {
    self.wake.wait(lock, awaited);
    return true;
  }
  if (self.wake.wait_for(lock, std::chrono::milliseconds(idle_ms_), awaited)) return true;
  std::erase(idle_, &self);
  return false;
}

// REQUIRES: mutex_ held. Removes `self`, whose thread shall return; the thread that ended before
// it, to be joined without the lock.
std::thread WorkerPool::retire(Worker& self) {
  std::thread before = std::exchange(ended_, std::move(self.thread));
  workers_.erase(self.self);
  return before;
}

}  // namespace gnomon::base
