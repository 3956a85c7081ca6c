#pragma once

#include "src/model/sample.h"

namespace gnomon::storage {

// Adds `other` to `into`. Both ascend. Where both have a sample at one time, `into`'s stays.
void merge_samples(model::SampleBlock& into, const model::SampleBlock& other);

// The oldest and newest time of a block that is not empty.
int64_t first_time(const model::SampleBlock& block);
int64_t last_time(const model::SampleBlock& block);

// Keeps only the floats for which keep(place) holds: called for every place in order, while those
// from there on still stand.
template <typename Keep>
void filter_floats(model::SampleBlock& block, Keep keep) {
  const size_t size = block.times.size();
  size_t out = 0;
  while (out < size && keep(out)) ++out;
  if (out == size) return;
  for (size_t i = out + 1; i < size; ++i) {
    if (!keep(i)) continue;
    block.times[out] = block.times[i];
    block.values[out] = block.values[i];
    if (!block.starts.empty()) block.starts[out] = block.starts[i];
    ++out;
  }
  block.times.resize(out);
  block.values.resize(out);
  if (!block.starts.empty()) block.starts.resize(out);
}

// Keeps only the samples for which keep(time) holds.
template <typename Keep>
void filter_samples(model::SampleBlock& block, Keep keep) {
  filter_floats(block, [&](size_t i) { return keep(block.times[i]); });
  std::erase_if(block.histograms, [&](const auto& h) { return !keep(h.time_ms); });
}

}  // namespace gnomon::storage
