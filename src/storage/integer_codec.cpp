#include "src/storage/integer_codec.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace gnomon::storage {
namespace {

enum Kind : uint8_t { Value = 0, Delta = 1, DeltaDelta = 2, Steady = 3 };

constexpr size_t kPatchesMax = 12;  // fits the header byte

// Numbers from `low` to `low + span`, and how many of a block there are.
struct Range {
  int64_t low = 0;
  uint64_t span = 0;
  size_t count = 0;

  unsigned width() const { return static_cast<unsigned>(std::bit_width(span)); }
  uint64_t offset(int64_t v) const { return static_cast<uint64_t>(v) - static_cast<uint64_t>(low); }
  bool contains(int64_t v) const { return offset(v) <= span; }
};

Range whole_range(std::span<const int64_t> numbers) {
  int64_t low = numbers[0];
  int64_t high = numbers[0];
  for (const int64_t v : numbers) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  return {low, static_cast<uint64_t>(high) - static_cast<uint64_t>(low), numbers.size()};
}

// Without the room at both ends that no number uses.
Range tightened(const Range& range, std::span<const int64_t> numbers) {
  uint64_t low = range.span;
  uint64_t high = 0;
  for (const int64_t v : numbers) {
    if (!range.contains(v)) continue;
    low = std::min(low, range.offset(v));
    high = std::max(high, range.offset(v));
  }
  return {static_cast<int64_t>(static_cast<uint64_t>(range.low) + low), high - low, range.count};
}

// How many numbers lie in each sixteenth of a range.
class Spread {
 public:
  Spread(std::span<const int64_t> numbers, const Range& range)
      : range_(range), shift_(range.width() > kPartBits ? range.width() - kPartBits : 0) {
    for (const int64_t v : numbers) {
      if (range.contains(v)) ++parts_[range.offset(v) >> shift_];
    }
  }

  // The range of all parts is this many times the range of one, as a power of two.
  unsigned part_bits() const { return range_.width() - shift_; }

  // The neighbouring 1 << `bits` parts that hold most numbers.
  Range fullest(unsigned bits) const {
    const size_t length = size_t{1} << bits;
    size_t count = 0;
    for (size_t i = 0; i < length; ++i) count += parts_[i];
    size_t most = count;
    size_t begin = 0;
    for (size_t i = length; i < parts_.size(); ++i) {
      count = count + parts_[i] - parts_[i - length];
      if (count <= most) continue;
      most = count;
      begin = i - length + 1;
    }
    const uint64_t low = static_cast<uint64_t>(range_.low) + (uint64_t{begin} << shift_);
    return {static_cast<int64_t>(low), (uint64_t{length} << shift_) - 1, most};
  }

 private:
  static constexpr unsigned kPartBits = 4;
  const Range range_;
  const unsigned shift_;
  std::array<uint8_t, size_t{1} << kPartBits> parts_{};
};

// How a block is packed with one kind of prediction: what lies in [base, base + 2^width) fits.
struct Packing {
  Kind kind = Value;
  unsigned width = 64;
  int64_t base = 0;
  size_t bits = 0;  // estimated cost
};

// Narrows the range as long as leaving out a few numbers saves more than patching them costs.
Packing plan(Kind kind, std::span<const int64_t> numbers) {
  Range range = whole_range(numbers);
  const unsigned width_all = range.width();
  const auto cost = [&](const Range& r) {
    const size_t patch = 8 + 8 * ((width_all - r.width()) / 7 + 1);
    return numbers.size() * r.width() + patch * (numbers.size() - r.count);
  };
  while (range.width() > 0) {
    const Spread spread(numbers, range);
    Range best = range;
    for (unsigned bits = 0; bits < spread.part_bits(); ++bits) {
      const Range candidate = spread.fullest(bits);
      if (numbers.size() - candidate.count > kPatchesMax) continue;
      if (cost(candidate) < cost(best)) best = candidate;
    }
    if (best.width() == range.width()) break;
    range = tightened(best, numbers);
  }
  const int64_t base = range.width() == 64 ? 0 : range.low;
  return {kind, range.width(), base, cost(range) + 8 * varint_size(zigzag(base))};
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
  while (steady >= 3 &&
         number(steady - 1) - number(steady - 2) == number(steady - 2) - number(steady - 3)) {
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
    std::memset(out, 0, kPackedMax * sizeof(uint64_t));
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
    // Whole groups, so that the compiler uses vectors; there is room for kPackedMax.
    const uint64_t start = last_ + base;
    for (size_t i = 0; i < count; i += 8) {
      for (size_t k = 0; k < 8; ++k) out[i + k] += start;
    }
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
