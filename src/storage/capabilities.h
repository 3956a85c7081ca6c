#pragma once

#include <string>
#include <vector>

namespace gnomon::storage {

// What a store computes exactly, beyond delivering samples. Whatever is listed here may be moved
// into a Fragment and is then the store's duty.
struct Capabilities {
  std::vector<std::string> rollups;  // function names: "rate", "last", ...
  std::vector<std::string> groups;   // aggregation names: "sum", ...
};

}  // namespace gnomon::storage
