#pragma once

#include <array>
#include <string_view>

namespace gnomon::wire {

// By the numbers that both versions of Remote Write give them.
inline constexpr std::array<std::string_view, 8> kMetricTypes = {
    "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"};

}  // namespace gnomon::wire
