#include "src/storage/bit_packing.h"

#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace gnomon::storage {
namespace {

// Eight numbers of W bits fill W bytes, so every group starts at a byte and all shifts are known
// at compile time.
template <unsigned W, unsigned I>
inline uint64_t extract(const char* group) {
  constexpr unsigned kBit = I * W;
  constexpr unsigned kShift = kBit % 8;
  uint64_t word;
  std::memcpy(&word, group + kBit / 8, 8);
  word >>= kShift;
  if constexpr (kShift + W > 64) {
    word |= static_cast<uint64_t>(static_cast<uint8_t>(group[kBit / 8 + 8])) << (64 - kShift);
  }
  if constexpr (W < 64) word &= (uint64_t{1} << W) - 1;
  return word;
}

template <unsigned W, unsigned... I>
inline void unpack_group(const char* group, uint64_t* out, std::integer_sequence<unsigned, I...>) {
  ((out[I] = extract<W, I>(group)), ...);
}

template <unsigned W>
void unpack_groups(const char* from, size_t groups, uint64_t* out) {
  for (size_t g = 0; g < groups; ++g, from += W, out += 8) {
    unpack_group<W>(from, out, std::make_integer_sequence<unsigned, 8>());
  }
}

template <>
void unpack_groups<0>(const char*, size_t groups, uint64_t* out) {
  std::memset(out, 0, groups * 8 * sizeof(uint64_t));
}

using Unpack = void (*)(const char*, size_t, uint64_t*);

template <unsigned... W>
constexpr std::array<Unpack, sizeof...(W)> unpack_table(std::integer_sequence<unsigned, W...>) {
  return {unpack_groups<W>...};
}

constexpr auto kUnpack = unpack_table(std::make_integer_sequence<unsigned, 65>());

}  // namespace

void pack_bits(std::span<const uint64_t> numbers, unsigned width, std::string& out) {
  assert(width <= 64);
  if (width == 0) return;
  const size_t size = packed_size(numbers.size(), width);
  const size_t begin = out.size();
  out.resize(begin + size);
  char* to = out.data() + begin;
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  uint64_t word = 0;
  unsigned filled = 0;
  for (uint64_t number : numbers) {
    number &= mask;
    word |= number << filled;
    if (filled + width >= 64) {
      std::memcpy(to, &word, 8);
      to += 8;
      word = filled == 0 ? 0 : number >> (64 - filled);
      filled = filled + width - 64;
    } else {
      filled += width;
    }
  }
  std::memcpy(to, &word, static_cast<size_t>(out.data() + begin + size - to));
}

void unpack_bits(std::string_view bytes, size_t readable, size_t count, unsigned width,
                 uint64_t* out) {
  assert(width <= 64 && count <= kPackedMax && bytes.size() == packed_size(count, width));
  const size_t groups = (count + 7) / 8;
  // A group reads its own bytes and up to eight more; an incomplete last group, fewer than 64 more.
  if (readable >= 72 || (readable >= 8 && count % 8 == 0)) {
    kUnpack[width](bytes.data(), groups, out);
    return;
  }
  char padded[kPackedMax * 8 + 16];
  std::memcpy(padded, bytes.data(), bytes.size());
  std::memset(padded + bytes.size(), 0, groups * width + 16 - bytes.size());
  kUnpack[width](padded, groups, out);
}

}  // namespace gnomon::storage
