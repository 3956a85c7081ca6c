#pragma once

#include <cstdint>

namespace gnomon::storage {

// Sealed samples lie in windows aligned to the epoch; window n is [n * ms, (n + 1) * ms).
inline constexpr int64_t kWindowMs = 7'200'000;
inline constexpr int64_t kDayMs = 86'400'000;

// Times a store can hold: a window number must fit in 31 bits.
inline constexpr int64_t kStoreTimeMax = (1LL << 30) * kWindowMs - 1;
inline constexpr int64_t kStoreTimeMin = -(1LL << 30) * kWindowMs;

constexpr int64_t window_of(int64_t time_ms, int64_t window_ms = kWindowMs) {
  const int64_t quotient = time_ms / window_ms;
  return time_ms % window_ms < 0 ? quotient - 1 : quotient;
}

static_assert(window_of(-1) == -1 && window_of(0) == 0 && window_of(-kWindowMs) == -1);

}  // namespace gnomon::storage
