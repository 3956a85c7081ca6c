#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::transfer {

// One query a line; empty lines and those that begin with # are left out.
std::vector<std::string> read_queries(std::istream& lines);

// Queries of the usual kinds about the metrics of a store, at most `metrics_max` of them, spread
// over their names.
Result<std::vector<std::string>> queries_about(storage::Catalog& catalog, size_t metrics_max);

}  // namespace gnomon::transfer
