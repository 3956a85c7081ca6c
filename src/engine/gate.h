#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "src/base/deadline.h"
#include "src/base/result.h"

namespace gnomon::engine {

// Lets a fixed number of queries run at once; the others wait. Any thread.
class Gate {
 public:
  explicit Gate(size_t places) : free_(places) {}

  // Leaves the gate when it goes out of scope.
  class Pass {
   public:
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  // Errors: Canceled, Timeout "... in query queue".
  Result<Pass> enter(const base::Deadline& deadline);

 private:
  void leave();

  std::mutex mutex_;
  std::condition_variable_any freed_;
  size_t free_;
};

}  // namespace gnomon::engine
