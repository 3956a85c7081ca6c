#pragma once

#include <cstdint>

namespace gnomon::base {

// Wall clock, milliseconds since the epoch. May jump.
int64_t now_ms();

// Nanoseconds since an arbitrary point; never goes back. For durations.
int64_t monotonic_ns();

}  // namespace gnomon::base
