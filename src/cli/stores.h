#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/cli/arguments.h"
#include "src/model/sample.h"
#include "src/storage/database.h"

namespace gnomon::cli {

// The two stores of a command, and the time it looks at.
struct StorePair {
  std::string from, to;  // URLs
  std::string tenant;    // whose namespace in both; empty: the only one
  std::string start, end;
};
std::vector<Flag> store_pair_flags(StorePair& stores);

struct OpenStores {
  std::unique_ptr<storage::Database> from, to;
  int64_t min_time_ms = model::kTimeMin;
  int64_t max_time_ms = model::kTimeMax;
};
// Both, with nothing expiring in either; `from` must be there already, and `to` where `to_exists`.
Result<OpenStores> open_stores(const StorePair& stores, bool to_exists);

}  // namespace gnomon::cli
