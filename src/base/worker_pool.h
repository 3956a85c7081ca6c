#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace gnomon::base {

// Up to a number of threads, started when there is work for them, that run tasks in the order of
// submission. The destructor runs what was submitted and joins. submit(): any thread, also a task.
class WorkerPool {
 public:
  // OtherCpu: the submitter goes on computing, so the task shall not start on its processor. Linux
  // takes an idle processor by itself, but not in a virtual machine: there a halted one looks as
  // if the host had taken it away, and both threads would share one while another idles.
  enum class Wake { Anywhere, OtherCpu };

  explicit WorkerPool(size_t threads_max, Wake wake = Wake::Anywhere);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(std::function<void()> task);
  size_t threads() const { return threads_max_; }

 private:
  struct Worker;
  void start_one();
  void work(Worker& self);

  const size_t threads_max_;
  const Wake wake_;
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
  std::vector<Worker*> idle_;  // the last one that became idle is woken first
  bool stopping_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace gnomon::base
