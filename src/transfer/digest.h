#pragma once

#include <cstdint>

#include "src/model/sample.h"

namespace gnomon::transfer {

// What a series has in a window, in a few bytes: equal for blocks that are equal bit for bit
// (times, values, histograms, start timestamps), and different for others but for a chance of
// 2^-64.
struct Digest {
  uint64_t samples = 0;
  uint64_t checksum = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};
Digest digest(const model::SampleBlock& block);

}  // namespace gnomon::transfer
