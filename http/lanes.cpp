#include "http/lanes.h"

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
    case Lane::Inline:
    case Lane::Own:
      break;
  }
  return own_;
}

}  // namespace gnomon::http
