#include "src/storage/integer_codec.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace gnomon::storage {
namespace {

enum Kind : uint8_t { Value = 0, Delta = 1, DeltaDelta = 2, Steady = 3 };

constexpr size_t kPatchesMax = 12;  // fits the header byte

// The smallest and largest numbers of a block, in order, without sorting it.
struct Extremes {
  std::array<int64_t, kPatchesMax + 1> low;   // ascending
  std::array<int64_t, kPatchesMax + 1> high;  // descending
  size_t kept = 0;

  void add(int64_t v, size_t most) {
    if (kept == most && v >= low[most - 1] && v <= high[most - 1]) return;
    insert(low.data(), v, most, [](int64_t a, int64_t b) { return a < b; });
    insert(high.data(), v, most, [](int64_t a, int64_t b) { return a > b; });
    kept = std::min(kept + 1, most);
  }

 private:
  template <typename Before>
  void insert(int64_t* sorted, int64_t v, size_t most, Before before) {
    size_t at = kept;
    if (at == most) {
      if (!before(v, sorted[most - 1])) return;
      at = most - 1;
    }
    for (; at > 0 && before(v, sorted[at - 1]); --at) sorted[at] = sorted[at - 1];
    sorted[at] = v;
  }
};

// How a block is packed with one kind of prediction: what lies in [base, base + 2^width) fits.
struct Packing {
  Kind kind = Value;
  unsigned width = 64;
  int64_t base = 0;
  size_t bits = 0;  // estimated cost
};

unsigned width_between(int64_t low, int64_t high) {
  return static_cast<unsigned>(
      std::bit_width(static_cast<uint64_t>(high) - static_cast<uint64_t>(low)));
}

size_t patch_bits(int64_t v, int64_t base, unsigned width) {
  if (width >= 64) return 0;
  const int64_t above =
      static_cast<int64_t>(static_cast<uint64_t>(v) - static_cast<uint64_t>(base)) >> width;
  return above == 0 ? 0 : 8 + 8 * varint_size(zigzag(above));
}

// Leaves out up to kPatchesMax of the extremes when patching them costs less than wider numbers.
Packing plan(Kind kind, std::span<const int64_t> numbers) {
  const size_t most = std::min(numbers.size(), kPatchesMax + 1);
  Extremes extremes;
  for (const int64_t v : numbers) extremes.add(v, most);
  const auto& low = extremes.low;
  const auto& high = extremes.high;
  Packing best;
  best.bits = ~size_t{0};
  for (size_t below = 0; below < most; ++below) {
    for (size_t above = 0; below + above < most; ++above) {
      if (high[above] < low[below]) break;
      Packing packing{kind, width_between(low[below], high[above]), low[below], 0};
      if (packing.width == 64) packing.base = 0;
      packing.bits = numbers.size() * packing.width + 8 * varint_size(zigzag(packing.base));
      if (packing.bits >= best.bits) continue;
      for (size_t i = 0; i < below; ++i) {
        packing.bits += patch_bits(low[i], packing.base, packing.width);
      }
      for (size_t i = 0; i < above; ++i) {
        packing.bits += patch_bits(high[i], packing.base, packing.width);
      }
      if (packing.bits < best.bits) best = packing;
      if (packing.width == 0) break;
    }
  }
  return best;
}

void write_block(const Packing& packing, std::span<const int64_t> numbers, std::string& out) {
  std::array<uint64_t, kPackedMax> offsets;
  std::string patches;
  unsigned patched = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    offsets[i] = static_cast<uint64_t>(numbers[i]) - static_cast<uint64_t>(packing.base);
    if (packing.width >= 64) continue;
    const int64_t above = static_cast<int64_t>(offsets[i]) >> packing.width;
    if (above == 0) continue;
    ++patched;
    put_byte(patches, static_cast<uint8_t>(i));
    put_signed(patches, above);
  }
  put_byte(out, static_cast<uint8_t>(packing.kind | patched << 2));
  put_byte(out, static_cast<uint8_t>(packing.width));
  put_signed(out, packing.base);
  pack_bits(std::span(offsets).first(numbers.size()), packing.width, out);
  out += patches;
}

}  // namespace

void encode_integers(std::span<const int64_t> numbers, std::string& out) {
  if (numbers.empty()) return;
  put_signed(out, numbers[0]);
  uint64_t last = static_cast<uint64_t>(numbers[0]);
  uint64_t delta = 0;
  std::array<int64_t, kPackedMax> values, deltas, changes;

  // From here on every difference is the same as the one before.
  size_t steady = numbers.size();
  const auto number = [&](size_t i) { return static_cast<uint64_t>(numbers[i]); };
  while (steady >= 3 && number(steady - 1) - number(steady - 2) ==
                            number(steady - 2) - number(steady - 3)) {
    --steady;
  }
  if (steady == 2 && number(1) == number(0)) steady = 1;

  for (size_t begin = 1; begin < numbers.size(); begin += kPackedMax) {
    if (begin >= steady) {
      put_byte(out, Steady);
      return;
    }
    const size_t count = std::min(kPackedMax, numbers.size() - begin);
    const uint64_t start = last;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t v = number(begin + i);
      values[i] = static_cast<int64_t>(v - start);
      deltas[i] = static_cast<int64_t>(v - last);
      changes[i] = static_cast<int64_t>(v - last - delta);
      delta = v - last;
      last = v;
    }
    Packing best = plan(Value, std::span(values).first(count));
    std::span<const int64_t> source(values);
    for (const auto& [kind, candidate] :
         {std::pair(Delta, &deltas), std::pair(DeltaDelta, &changes)}) {
      const Packing packing = plan(kind, std::span(*candidate).first(count));
      if (packing.bits >= best.bits) continue;
      best = packing;
      source = *candidate;
    }
    write_block(best, source.first(count), out);
  }
}

IntegerDecoder::IntegerDecoder(ByteReader& reader, size_t count) : reader_(reader), left_(count) {}

size_t IntegerDecoder::next(int64_t* out) {
  if (left_ == 0) return 0;
  uint64_t* numbers = reinterpret_cast<uint64_t*>(out);
  size_t count = std::min(left_, kPackedMax);
  if (!started_) {
    // The first number is a block of its own.
    started_ = true;
    last_ = static_cast<uint64_t>(reader_.signed_varint());
    numbers[0] = last_;
    count = 1;
  } else if (steady_ || !reader_.ok()) {
    for (size_t i = 0; i < count; ++i) numbers[i] = last_ += delta_;
  } else {
    read_block(count, numbers);
  }
  left_ -= count;
  return count;
}

void IntegerDecoder::read_block(size_t count, uint64_t* out) {
  const uint8_t head = reader_.byte();
  const uint8_t kind = head & 3;
  if (kind == Steady || !reader_.ok()) {
    steady_ = true;
    for (size_t i = 0; i < count; ++i) out[i] = last_ += delta_;
    return;
  }
  const unsigned width = reader_.byte();
  const uint64_t base = static_cast<uint64_t>(reader_.signed_varint());
  if (width > 64) reader_.fail();
  const std::string_view packed = reader_.take(reader_.ok() ? packed_size(count, width) : 0);
  if (!reader_.ok()) {
    std::memset(out, 0, count * sizeof(uint64_t));
    return;
  }
  unpack_bits(packed, reader_.left(), count, width, out);
  for (unsigned patches = head >> 2; patches > 0; --patches) {
    const size_t at = reader_.byte();
    const uint64_t above = static_cast<uint64_t>(reader_.signed_varint());
    if (at >= count || width >= 64) {
      reader_.fail();
      break;
    }
    out[at] += above << width;
  }

  uint64_t last = last_;
  if (kind == Value) {
    const uint64_t start = last_ + base;
    for (size_t i = 0; i < count; ++i) out[i] += start;
    last = out[count - 1];
    delta_ = last - (count > 1 ? out[count - 2] : last_);
  } else if (kind == Delta) {
    for (size_t i = 0; i < count; ++i) out[i] = last += out[i] + base;
    delta_ = last - (count > 1 ? out[count - 2] : last_);
  } else {
    uint64_t delta = delta_;
    for (size_t i = 0; i < count; ++i) {
      delta += out[i] + base;
      out[i] = last += delta;
    }
    delta_ = delta;
  }
  last_ = last;
}

}  // namespace gnomon::storage
