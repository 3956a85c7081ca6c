#pragma once

#include "src/model/sample.h"

namespace gnomon::storage {

// Adds `other` to `into`. Both ascend. Where both have a sample at one time, `into`'s stays.
void merge_samples(model::SampleBlock& into, const model::SampleBlock& other);

// The oldest and newest time of a block that is not empty.
int64_t first_time(const model::SampleBlock& block);
int64_t last_time(const model::SampleBlock& block);

// Keeps only the samples for which keep(time) holds.
template <typename Keep>
void filter_samples(model::SampleBlock& block, Keep keep) {
  size_t out = 0;
  for (size_t i = 0; i < block.times.size(); ++i) {
    if (!keep(block.times[i])) continue;
    block.times[out] = block.times[i];
    block.values[out] = block.values[i];
    if (!block.starts.empty()) block.starts[out] = block.starts[i];
    ++out;
  }
  block.times.resize(out);
  block.values.resize(out);
  if (!block.starts.empty()) block.starts.resize(out);
  std::erase_if(block.histograms, [&](const auto& h) { return !keep(h.time_ms); });
}

}  // namespace gnomon::storage
