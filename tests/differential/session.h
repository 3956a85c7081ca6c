#pragma once

#include <cstdint>
#include <string>

namespace gnomon::differential {

struct Tally {
  uint64_t worlds = 0;
  uint64_t queries = 0;
  uint64_t answers = 0;    // of which not an error
  uint64_t filled = 0;     // of which had series
  std::string difference;  // what to print of the first one; empty when there was none
};

// One world and its queries: everything follows from the seed.
void run_world(uint64_t seed, size_t queries, Tally& tally);

// Worlds of seed, seed + 1, ... for that long, or until there is a difference.
Tally run_for(double seconds, uint64_t seed, size_t queries_per_world);

}  // namespace gnomon::differential
