#pragma once

#include <functional>
#include <thread>

#include "src/base/result.h"

namespace gnomon::blocks {

// A store's upkeep on a thread of its own: five times a second, less often when it fails, which is
// logged once and not at every try.
class UpkeepThread {
 public:
  using Run = std::function<Result<void>()>;
  void start(Run run);
  // Waits for what is under way. Also when it was not started.
  void stop();

 private:
  std::jthread thread_;
};

}  // namespace gnomon::blocks
