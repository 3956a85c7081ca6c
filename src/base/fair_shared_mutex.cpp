#include "src/base/fair_shared_mutex.h"

#include <utility>

namespace gnomon::base {

bool FairSharedMutex::lock_shared(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!exclusive_ && waiting_ == 0) {
    ++shared_;
    return true;
  }
  ++shared_waiting_;
  const bool locked = changed_.wait(
      lock, std::move(stop), [&] { return !exclusive_ && (waiting_ == 0 || let_pass_ > 0); });
  --shared_waiting_;
  if (let_pass_ > 0) --let_pass_;
  if (locked) ++shared_;
  if (let_pass_ == 0 && waiting_ > 0) changed_.notify_all();
  return locked;
}

bool FairSharedMutex::lock(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  const bool locked = changed_.wait(lock, std::move(stop),
                                    [&] { return !exclusive_ && shared_ == 0 && let_pass_ == 0; });
  --waiting_;
  if (locked) {
    exclusive_ = true;
  } else {
    changed_.notify_all();  // it keeps no lock_shared() out any more
  }
  return locked;
}

void FairSharedMutex::unlock_shared() {
  const std::lock_guard hold(mutex_);
  if (--shared_ == 0 && waiting_ > 0) changed_.notify_all();
}

void FairSharedMutex::unlock() {
  const std::lock_guard hold(mutex_);
  exclusive_ = false;
  let_pass_ = shared_waiting_;
  changed_.notify_all();
}

}  // namespace gnomon::base
