#pragma once

#include <cstdint>
#include <string>

namespace gnomon::differential {

// A world whose first samples are at base_ms and queries about it, those that Prometheus 3.5
// answers too, as one JSON object:
// {"series":[{"labels":{},"floats":[[ms,"bits"]],"histograms":[{"ms":0,...}]}],
//  "queries":[{"text":"","start":0,"end":0,"step":1,"instant":true}]}
// Times are milliseconds, floats the 16 hexadecimal digits of their bits.
std::string emit(uint64_t seed, int64_t base_ms, size_t queries);

}  // namespace gnomon::differential
