#include "src/base/worker_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <thread>
#include <utility>

namespace gnomon::base {

struct WorkerPool::Worker {
  std::condition_variable wake;
  bool called = false;  // guarded by the pool's mutex, as `avoided`
  int avoided = -1;     // the processor it does not run on
  std::thread thread;
};

namespace {

// Where this process may run.
const cpu_set_t& allowed_cpus() {
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof(set), &set);
    return set;
  }();
  return allowed;
}

// Keeps the thread off one processor, if there is another one.
void avoid(std::thread& thread, int cpu) {
  cpu_set_t set = allowed_cpus();
  CPU_CLR(static_cast<size_t>(cpu), &set);
  if (CPU_COUNT(&set) > 0) pthread_setaffinity_np(thread.native_handle(), sizeof(set), &set);
}

}  // namespace

WorkerPool::WorkerPool(size_t threads_max, Wake wake)
    : threads_max_(std::max<size_t>(threads_max, 1)), wake_(wake) {
  if (wake_ == Wake::OtherCpu) allowed_cpus();
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& worker : workers_) worker->wake.notify_one();
  }
  for (auto& worker : workers_) worker->thread.join();
}

void WorkerPool::submit(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  if (stopping_) return;  // whoever submits now is a worker and goes on
  if (idle_.empty()) return start_one();
  Worker& worker = *idle_.back();
  idle_.pop_back();
  worker.called = true;
  if (const int here = wake_ == Wake::OtherCpu ? sched_getcpu() : -1; here != worker.avoided) {
    avoid(worker.thread, here);
    worker.avoided = here;
  }
  worker.wake.notify_one();
}

// With the lock held; nobody is idle.
void WorkerPool::start_one() {
  if (workers_.size() == threads_max_) return;
  workers_.push_back(std::make_unique<Worker>());
  Worker& worker = *workers_.back();
  worker.thread = std::thread([this, &worker] { work(worker); });
}

void WorkerPool::work(Worker& self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (tasks_.empty()) {
      if (stopping_) return;
      self.called = false;
      idle_.push_back(&self);
      self.wake.wait(lock, [&] { return self.called || stopping_; });
      continue;
    }
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is let go outside of the lock
    lock.lock();
  }
}

}  // namespace gnomon::base
