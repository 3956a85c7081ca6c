#include "http/lanes.h"

#include <cassert>

namespace gnomon::http {

Lanes::Lanes(const LaneThreads& threads)
    : query_(threads.query, base::kHttpThreadIdleMs),
      read_(threads.read, base::kHttpThreadIdleMs),
      write_(threads.write, base::kHttpThreadIdleMs),
      live_(threads.live, base::kHttpThreadIdleMs),
      own_(threads.own, base::kHttpThreadIdleMs) {}

base::WorkerPool& Lanes::of(Lane lane) {
  switch (lane) {
    case Lane::Query:
      return query_;
    case Lane::Read:
      return read_;
    case Lane::Write:
      return write_;
    case Lane::Live:
      return live_;
    case Lane::Own:
      return own_;
    case Lane::Inline:
      break;
  }
  assert(false && "inline work has no pool");
  return own_;
}

}  // namespace gnomon::http
