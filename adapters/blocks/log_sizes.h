#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "src/storage/signal.h"

namespace gnomon::blocks {

// How much of a log is still needed, in bytes of records, by signal. Any thread.
class LogSizes {
 public:
  // Numbers of a signal ascend.
  void add(storage::Signal signal, uint64_t seq, uint64_t bytes);
  // The signal's records below `needed` are gone.
  void release(storage::Signal signal, uint64_t needed);
  uint64_t bytes(storage::Signal signal) const;

 private:
  struct Records {
    std::deque<std::pair<uint64_t, uint64_t>> sizes;  // seq, bytes
    uint64_t bytes = 0;
  };
  mutable std::mutex mutex_;
  std::map<storage::Signal, Records> records_;  // guarded by mutex_
};

}  // namespace gnomon::blocks
