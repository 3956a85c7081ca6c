#pragma once

#include <cstdint>

#include "src/base/limits.h"
#include "src/base/worker_pool.h"

namespace gnomon::http {

// Where a handler runs: Inline at once on the I/O thread that read the request (only what answers
// within microseconds), all others on threads of the lane's own, so that one kind of work never
// waits for another kind.
enum class Lane : uint8_t {
  Inline,
  Query,  // evaluates a query or sends many samples
  Read,   // asks the catalog: labels, series, metadata
  Write,  // stores or deletes, and waits for the commit
  Live,   // a stream that lasts as long as its client
  Own,    // what the server says of itself, when that may take a while
};

// Most threads of each lane.
struct LaneThreads {
  uint64_t query = base::kQueryConcurrencyMax;
  uint64_t read = base::kHttpReadThreads;
  uint64_t write = base::kHttpWriteThreads;
  uint64_t live = base::kHttpLiveThreads;
  uint64_t own = base::kHttpOwnThreads;
};

// The threads of all lanes. They start when there is work for them and end after kHttpThreadIdleMs
// without any. A connection has at most one request under way, so the limit of connections bounds
// each lane's queue. Thread-safe.
class Lanes {
 public:
  explicit Lanes(const LaneThreads& threads);
  // Of Inline: those of Own, where an answer that is a stream goes on.
  base::WorkerPool& of(Lane lane);

 private:
  base::WorkerPool query_, read_, write_, live_, own_;
};

}  // namespace gnomon::http
