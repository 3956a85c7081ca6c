#include "src/functions/counter_resets.h"

#include "src/functions/simd.h"

namespace gnomon::functions {
namespace {

// Most series have no reset at all: this pass tells, at memory speed.
GNOMON_CLONES bool ever_falls(const double* values, size_t size) {
  size_t i = 1;
  for (; i + 4 * kLanes <= size; i += 4 * kLanes) {
    VecInt falls = load(values + i) < load(values + i - 1);
    falls |= load(values + i + kLanes) < load(values + i + kLanes - 1);
    falls |= load(values + i + 2 * kLanes) < load(values + i + 2 * kLanes - 1);
    falls |= load(values + i + 3 * kLanes) < load(values + i + 3 * kLanes - 1);
    if (any(falls)) return true;
  }
  for (; i < size; ++i) {
    if (values[i] < values[i - 1]) return true;
  }
  return false;
}

}  // namespace

bool start_is_reset(int64_t previous_start, int64_t previous_time, int64_t start, int64_t time) {
  if (start == 0 || start >= time) return false;  // unknown or invalid
  if (start != previous_time) return start > previous_time;
  // Starting at the previous sample: a delta, unless that sample's own start is unknown or invalid.
  return previous_start <= previous_time && previous_start != 0 && previous_start != previous_time;
}

bool start_overlaps(int64_t previous_start, int64_t previous_time, int64_t start) {
  return start != 0 && start < previous_time && start != previous_start;
}

std::vector<uint32_t> find_resets(std::span<const int64_t> times, std::span<const double> values,
                                  std::span<const int64_t> starts) {
  std::vector<uint32_t> resets;
  if (starts.empty() && !ever_falls(values.data(), values.size())) return resets;
  for (size_t i = 1; i < values.size(); ++i) {
    const bool reset =
        values[i] < values[i - 1] ||
        (!starts.empty() && start_is_reset(starts[i - 1], times[i - 1], starts[i], times[i]));
    if (reset) resets.push_back(static_cast<uint32_t>(i));
  }
  return resets;
}

}  // namespace gnomon::functions
