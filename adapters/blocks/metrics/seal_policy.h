#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <unordered_map>

#include "src/storage/metrics/head.h"

namespace gnomon::blocks {

// Says which windows of a head are to be sealed. One thread at a time.
class SealPolicy {
 public:
  // A window is over `grace_ms` after its end, counted by the newest sample.
  SealPolicy(const storage::Head& head, int64_t grace_ms) : head_(head), grace_ms_(grace_ms) {}

  // All, or those that are over or were not written to for long. Valid until the next call.
  std::function<bool(const storage::HeadWindow&)> now(bool all);

 private:
  bool idle(const storage::HeadWindow& window);

  const storage::Head& head_;
  const int64_t grace_ms_;
  // Windows as they were when they last changed.
  struct Seen {
    uint64_t samples = 0;
    std::chrono::steady_clock::time_point when;
  };
  std::unordered_map<const storage::HeadWindow*, Seen> seen_;
};

}  // namespace gnomon::blocks
