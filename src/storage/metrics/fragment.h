#pragma once

#include <string>

#include "src/model/matcher.h"
#include "src/storage/metrics/reduction.h"

namespace gnomon::storage {

// What a query asks of a store: the samples of the series that satisfy all matchers, with
// min_time_ms <= time <= max_time_ms, reduced where the store can. A value.
struct Fragment {
  model::Matchers matchers;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  Reduction reduction{};

  friend bool operator==(const Fragment&, const Fragment&) = default;
};

// scan {__name__="up",job=~"a.*"} [min, max] last every 60000ms from ...: the canonical text, part
// of EXPLAIN.
std::string to_string(const Fragment& fragment);

}  // namespace gnomon::storage
