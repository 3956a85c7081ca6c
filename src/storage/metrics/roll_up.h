#pragma once

#include "src/storage/metrics/reduction.h"

namespace gnomon::storage {

// Replaces the samples by the points of the engine's function: what a Rollup asks for, for stores
// that have the samples at hand.
void roll_up(const Rollup& rollup, model::SampleBlock& block);

}  // namespace gnomon::storage
