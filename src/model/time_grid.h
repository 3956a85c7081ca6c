#pragma once

#include <cstddef>
#include <cstdint>

namespace gnomon::model {

// The evaluation times of a query: start, start+step, ... <= end. An instant query has one.
struct TimeGrid {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 1;  // > 0

  size_t steps() const { return static_cast<size_t>((end_ms - start_ms) / step_ms) + 1; }
  int64_t at(size_t step) const { return start_ms + static_cast<int64_t>(step) * step_ms; }
  int64_t last() const { return at(steps() - 1); }
  static TimeGrid instant(int64_t time_ms) { return {time_ms, time_ms, 1}; }

  friend bool operator==(const TimeGrid&, const TimeGrid&) = default;
};

}  // namespace gnomon::model
