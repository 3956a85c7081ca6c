#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/result.h"

namespace gnomon::cli {

// "now", "-1h" (before now), Unix seconds or RFC 3339 ("2026-01-02T03:04:05Z") -> milliseconds.
Result<int64_t> parse_time_argument(std::string_view text, int64_t now_ms);

// A step that gives about `points` points between start and end: 1 s, 5 s, 15 s, 1 m, ...
int64_t natural_step_ms(int64_t start_ms, int64_t end_ms, size_t points);

// Seconds with up to three decimals, as the HTTP API takes them.
std::string seconds_text(int64_t ms);

}  // namespace gnomon::cli
