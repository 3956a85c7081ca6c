#pragma once

#include <mutex>
#include <shared_mutex>

namespace gnomon::base {

// A shared mutex that is fair to writers: while a thread waits in lock(), later calls of
// lock_shared() wait behind it, so that a stream of readers cannot starve it. Not recursive,
// neither shared nor exclusive. Works with std::shared_lock and std::unique_lock. Any thread.
class FairSharedMutex {
 public:
  void lock_shared() {
    const std::lock_guard pass(door_);
    mutex_.lock_shared();
  }
  void unlock_shared() { mutex_.unlock_shared(); }
  void lock() {
    const std::lock_guard pass(door_);
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex door_;  // held while waiting for mutex_
  std::shared_mutex mutex_;
};

}  // namespace gnomon::base
