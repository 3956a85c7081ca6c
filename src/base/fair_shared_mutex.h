#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace gnomon::base {

// A shared mutex that is fair to both sides: who waits in lock() comes before later calls of
// lock_shared(), and those that waited meanwhile come before the next lock(). Every wait can be
// given up. Not recursive, neither shared nor exclusive. Works with std::shared_lock and
// std::unique_lock. Any thread.
class FairSharedMutex {
 public:
  void lock_shared() { (void)lock_shared(std::stop_token()); }
  void lock() { (void)lock(std::stop_token()); }
  // False, and not locked, when the stop fired first.
  bool lock_shared(std::stop_token stop);
  bool lock(std::stop_token stop);
  void unlock_shared();
  void unlock();

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  size_t shared_ = 0;  // holders
  bool exclusive_ = false;
  size_t waiting_ = 0;   // calls of lock()
  size_t let_pass_ = 0;  // of those waiting in lock_shared(), before the next lock()
  size_t shared_waiting_ = 0;
};

}  // namespace gnomon::base
