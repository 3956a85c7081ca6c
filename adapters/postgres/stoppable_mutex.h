#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace gnomon::postgres {

// A shared mutex whose waiters leave when their stop fires: for what is held while a database
// answers, which may take long. While a thread waits in lock(), later calls of lock_shared() wait
// behind it. Not recursive. Works with std::lock_guard. Any thread.
class StoppableMutex {
 public:
  void lock() { (void)lock({}); }
  // False: the stop fired first, and it is not held.
  [[nodiscard]] bool lock(const std::stop_token& stop) {
    std::unique_lock hold(mutex_);
    ++waiting_;
    const bool got = changed_.wait(hold, stop, [&] { return !held_ && shared_ == 0; });
    --waiting_;
    held_ = held_ || got;
    if (!got) changed_.notify_all();
    return got;
  }
  void unlock() {
    const std::lock_guard hold(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  [[nodiscard]] bool lock_shared(const std::stop_token& stop) {
    std::unique_lock hold(mutex_);
    const bool got = changed_.wait(hold, stop, [&] { return !held_ && waiting_ == 0; });
    shared_ += got ? 1 : 0;
    return got;
  }
  void unlock_shared() {
    const std::lock_guard hold(mutex_);
    --shared_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool held_ = false;   // guarded by mutex_, as what follows
  size_t shared_ = 0;   // threads that share it
  size_t waiting_ = 0;  // threads in lock()
};

}  // namespace gnomon::postgres
