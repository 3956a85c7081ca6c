#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_set>
#include <utility>

#include "http/lanes.h"
#include "http/router.h"
#include "http/server.h"
#include "http/transport.h"

namespace gnomon::http {

class Connection;

// What the connections of one I/O thread share. Only that thread touches `connections`.
struct Home {
  const Router& router;
  const ServerOptions& options;
  Lanes& lanes;
  std::unordered_set<Connection*> connections;
  std::atomic<bool> stopping{false};
};

// A place among the connections that the server may have open; given up by its destructor.
class Slot {
 public:
  explicit Slot(std::atomic<size_t>& taken) : taken_(&taken) {}
  Slot(Slot&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Slot& operator=(Slot&&) = delete;
  ~Slot() {
    if (taken_ != nullptr) --*taken_;
  }

 private:
  std::atomic<size_t>* taken_;
};

// One connection, whatever is spoken on it, as the server knows it. All members run on the I/O
// thread of its home. It lives until its coroutines have ended.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(std::unique_ptr<Transport> transport, Slot slot, Home& home)
      : slot_(std::move(slot)), home_(home), transport_(std::move(transport)) {
    home_.connections.insert(this);
  }
  virtual ~Connection() { home_.connections.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The server stops: ends what can be ended without loss.
  virtual void stop() = 0;
  // Fires the stop tokens of what still runs and closes.
  virtual void cancel() = 0;
  // Closes what has been silent for too long; called every now and then.
  virtual void check_deadlines(Clock::time_point now) = 0;

 protected:
  Slot slot_;  // given up after all else
  Home& home_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace gnomon::http
