#pragma once

#include <cstdint>
#include <string>

#include "src/base/group_commit.h"
#include "src/storage/signal.h"

namespace gnomon::blocks {

// A request of one signal on its way into the log of a database. Entry::weight is the size of the
// record in bytes.
struct LogWrite : base::GroupCommit::Entry {
  explicit LogWrite(storage::Signal of) : signal(of) {}

  const storage::Signal signal;
  std::string record;  // what becomes the log record
  uint64_t seq = 0;    // its number in the log; given when it is committed
};

}  // namespace gnomon::blocks
