#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace gnomon::base {

// Up to threads_max threads that run tasks in the order of submission. A thread is started when a
// task is submitted and no thread is idle; one that was idle for idle_ms ends. The queue of tasks
// has no bound of its own: who submits must have one. The destructor runs what was submitted and
// joins.
class WorkerPool {
 public:
  static constexpr int64_t kNeverEnd = -1;

  explicit WorkerPool(size_t threads_max, int64_t idle_ms = kNeverEnd);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Any thread, also a task. False when no thread is there and none could be started (the system's
  // limit of threads, or memory): the task is dropped and never runs. Where other threads exist, a
  // task whose thread could not be started waits for one of those.
  bool submit(std::function<void()> task);
  size_t threads() const { return threads_max_; }
  // Started and not ended. Any thread.
  size_t running() const;

 private:
  struct Worker {
    std::condition_variable wake;
    bool called = false;
    std::thread thread;
    std::list<Worker>::iterator self;
  };

  bool start_one();
  void work(Worker& self);
  bool wait_for_call(Worker& self, std::unique_lock<std::mutex>& lock);
  std::thread retire(Worker& self);

  const size_t threads_max_;
  const int64_t idle_ms_;
  mutable std::mutex mutex_;  // guards all below
  std::deque<std::function<void()>> tasks_;
  std::list<Worker> workers_;
  std::vector<Worker*> idle_;  // the last one that became idle is woken first
  std::thread ended_;          // of the worker that ended last; joined by the next one to end
  bool stopping_ = false;
};

}  // namespace gnomon::base
