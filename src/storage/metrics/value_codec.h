#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "src/storage/bytes.h"

namespace gnomon::storage {

// Doubles, bit by bit (NaN payloads, -0, subnormals), in the smallest of these forms:
//   Constant  one bit pattern
//   Decimal   integers over a power of ten, in multiples of a common divisor; values that are none
//             (NaN, -0, true doubles) are listed as exceptions
//   Bits      the bit pattern as an integer, sign last, without the low bits all have in common
// and, where many repeat the value before, a bitmap of the changes with only the changed values
// after it.
//
//   byte    form (2 bits) | changes << 2 | exceptions << 3 | power of ten << 4
//   [changes]  bitmap, one bit for each value after the first
//   Constant   byte: how many high bytes of the pattern are stored; those bytes, highest first
//   Decimal    divisor (varint), [divisor > 1: offset (signed)],
//              [exceptions: count (varint), and for each gap (varint), pattern (8 bytes)], integers
//   Bits       low bits in common: how many (byte), which (varint); integers
enum class ValueForms : uint8_t { All, BitsOnly };

// `values` must not be empty.
void encode_values(std::span<const double> values, ValueForms forms, std::string& out);

// Decodes the first `wanted` (at least 1) of `count` values into `out`. Only with wanted == count
// does the reader stand behind the values afterwards. False (and any values) for damaged bytes.
bool decode_values(ByteReader& reader, size_t count, size_t wanted, double* out);

}  // namespace gnomon::storage
