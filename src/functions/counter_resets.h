#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gnomon::functions {

// Whether the start timestamp of a sample tells that its counter began anew after the sample
// before. 0 is "not known".
bool start_is_reset(int64_t previous_start, int64_t previous_time, int64_t start, int64_t time);

// Whether a sample's start timestamp lies before the previous sample without being its start: the
// data contradict themselves.
bool start_overlaps(int64_t previous_start, int64_t previous_time, int64_t start);

// Ascending indices of the samples at which a counter was reset against the sample before. `starts`
// is empty, or as long as `values`.
std::vector<uint32_t> find_resets(std::span<const int64_t> times, std::span<const double> values,
                                  std::span<const int64_t> starts);

}  // namespace gnomon::functions
