#pragma once

#include <cstdint>

namespace gnomon::base {

// v = digits * 10^exponent.
struct ShortDecimal {
  uint64_t digits = 0;  // at most 17; may end in zeros
  int exponent = 0;
};

// The decimal with the fewest digits that reads back as v, of several the closest to v: the digits
// of std::to_chars, several times as fast. v must be finite and > 0.
ShortDecimal shortest_decimal(double v);

}  // namespace gnomon::base
