#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gnomon::storage {

inline constexpr size_t kPackedMax = 128;  // numbers packed at once

// Bytes of `count` numbers of `width` bits.
inline size_t packed_size(size_t count, unsigned width) { return (count * width + 7) / 8; }

// Appends the low `width` bits (0..64) of each number, low bits first.
void pack_bits(std::span<const uint64_t> numbers, unsigned width, std::string& out);

// Reads back `count` (<= kPackedMax) numbers from exactly packed_size() bytes. `readable` says how
// many bytes behind them may be touched (not used): 8 or more spare a copy.
// `out` must have room for kPackedMax numbers; those from `count` on are undefined afterwards.
void unpack_bits(std::string_view bytes, size_t readable, size_t count, unsigned width,
                 uint64_t* out);

}  // namespace gnomon::storage
