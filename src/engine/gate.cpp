#include "src/engine/gate.h"

namespace gnomon::engine {

Result<Gate::Pass> Gate::enter(const base::Deadline& deadline) {
  std::unique_lock lock(mutex_);
  const std::stop_token stop = deadline.token();
  freed_.wait(lock, stop, [&] { return free_ > 0; });
  // It may have been woken to take the place that it leaves to another one now.
  if (stop.stop_requested() && free_ > 0) freed_.notify_one();
  if (stop.stop_requested() && deadline.passed()) {
    return Error{ErrorKind::Timeout,
                 "query timed out in query queue (--query.max-concurrency queries are running)"};
  }
  if (stop.stop_requested()) {
    return Error{ErrorKind::Canceled, "query was canceled in query queue"};
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
