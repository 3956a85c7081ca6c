#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gnomon::storage {

struct NamedCount {
  std::string name;
  uint64_t value = 0;
};

// /api/v1/status/tsdb and the store's own metrics.
struct Statistics {
  uint64_t series = 0;
  uint64_t label_pairs = 0;
  uint64_t chunks = 0;
  int64_t min_time_ms = 0;  // of all samples; both 0 when there are none
  int64_t max_time_ms = 0;
  std::vector<NamedCount> series_by_metric;  // largest first, at most `top` of each
  std::vector<NamedCount> values_by_label;
  std::vector<NamedCount> bytes_by_label;
  std::vector<NamedCount> series_by_label_pair;  // "job=api"
  std::map<std::string, double> counters;        // gnomon_store_... metric name -> value
};

}  // namespace gnomon::storage
