#pragma once

#include <chrono>
#include <memory>
#include <stop_token>

namespace gnomon::base {

// One stop for both ends of a request: its token fires when `parent` does (the client went away) or
// at the deadline, whichever comes first; code that watches the token obeys both. The deadline is
// fired by one thread of the process that serves all of them, within a few milliseconds. Callbacks
// on the token run on that thread: they must not block. Any thread.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline(std::stop_token parent, Clock::time_point at);
  Deadline(std::stop_token parent, std::chrono::milliseconds after)
      : Deadline(std::move(parent), Clock::now() + after) {}
  // A callback under way on the deadline's behalf has ended when this returns.
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  Clock::time_point at() const { return at_; }
  // Whether the time is over, rather than the client gone.
  bool passed() const;

 private:
  struct Forward {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };
  const Clock::time_point at_;
  const std::stop_token parent_;
  std::stop_source source_;
  std::stop_callback<Forward> forward_;
};

}  // namespace gnomon::base
