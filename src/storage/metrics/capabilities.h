#pragma once

#include <string>
#include <vector>

namespace gnomon::storage {

// What a store computes exactly, beyond delivering samples. Whatever is listed here may be moved
// into a Fragment and is then the store's duty. Reductions: src/storage/reduction.h.
struct Capabilities {
  bool last_per_step = false;
  bool windows = false;
  std::vector<std::string> rollups;  // function names: "rate", "max_over_time", ...
};

}  // namespace gnomon::storage
