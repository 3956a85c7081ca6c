#include "src/base/deadline.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace gnomon::base {
namespace {

// Fires stop sources at their times, on a thread of its own that starts with the first.
class Timer {
 public:
  ~Timer() {
    {
      const std::lock_guard hold(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  void add(const Deadline* key, Deadline::Clock::time_point at, std::stop_source source) {
    const std::lock_guard hold(mutex_);
    waiting_.emplace(std::pair(at, key), std::move(source));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    if (at < wakes_at_) changed_.notify_one();
  }

  // Waits while the source is being fired.
  void remove(const Deadline* key, Deadline::Clock::time_point at) {
    std::unique_lock lock(mutex_);
    waiting_.erase(std::pair(at, key));
    if (std::this_thread::get_id() == thread_.get_id()) return;  // from within its own callback
    fired_.wait(lock, [&] { return firing_ != key; });
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      const auto first = waiting_.begin();
      if (first == waiting_.end()) {
        wakes_at_ = Deadline::Clock::time_point::max();
        changed_.wait(lock);
        continue;
      }
      if (Deadline::Clock::now() < first->first.first) {
        wakes_at_ = first->first.first;
        changed_.wait_until(lock, wakes_at_);
        continue;
      }
      firing_ = first->first.second;
      std::stop_source source = std::move(first->second);
      waiting_.erase(first);
      lock.unlock();
      source.request_stop();
      lock.lock();
      firing_ = nullptr;
      fired_.notify_all();
    }
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_, fired_;
  std::map<std::pair<Deadline::Clock::time_point, const Deadline*>, std::stop_source> waiting_;
  const Deadline* firing_ = nullptr;
  // When the thread looks again by itself. It stays asleep when the deadline it waits for is taken
  // out: so a query that ends in time, as nearly all do, wakes it neither at its begin nor its end.
  Deadline::Clock::time_point wakes_at_ = Deadline::Clock::time_point::max();
  bool ending_ = false;
  std::thread thread_;
};

Timer& timer() {
  static Timer shared;
  return shared;
}

}  // namespace

Deadline::Deadline(std::stop_token parent, Clock::time_point at)
    : at_(at), parent_(std::move(parent)), forward_(parent_, Forward{&source_}) {
  if (Clock::now() >= at_) {
    source_.request_stop();
  } else {
    timer().add(this, at_, source_);
  }
}

Deadline::~Deadline() { timer().remove(this, at_); }

bool Deadline::passed() const { return !parent_.stop_requested() && Clock::now() >= at_; }

}  // namespace gnomon::base
