#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "src/base/result.h"

namespace gnomon::clickhouse {

// A mutex that is held while ClickHouse is asked: those who wait for it can give up. Any thread.
class StoppableMutex {
 public:
  using Hold = std::unique_lock<StoppableMutex>;
  // Held as long as the result. Error: Canceled when stop fired first.
  Result<Hold> acquire(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    const bool taken = released_.wait(lock, std::move(stop), [this] { return !held_; });
    if (!taken) return base::canceled();
    held_ = true;
    return Hold(*this, std::adopt_lock);
  }
  void unlock() {
    {
      const std::lock_guard hold(mutex_);
      held_ = false;
    }
    released_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any released_;
  bool held_ = false;  // guarded by mutex_
};

}  // namespace gnomon::clickhouse
