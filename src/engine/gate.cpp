#include "src/engine/gate.h"

namespace gnomon::engine {

Result<Gate::Pass> Gate::enter(std::stop_token stop,
                               std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  freed_.wait_until(lock, stop, deadline, [&] { return free_ > 0; });
  if (stop.stop_requested()) {
    return Error{ErrorKind::Canceled, "query was canceled in query queue"};
  }
  if (free_ == 0) {
    return Error{ErrorKind::Timeout,
                 "query timed out in query queue (--query.max-concurrency queries are running)"};
  }
  --free_;
  return Pass(this);
}

void Gate::leave() {
  {
    std::lock_guard lock(mutex_);
    ++free_;
  }
  freed_.notify_one();
}

}  // namespace gnomon::engine
