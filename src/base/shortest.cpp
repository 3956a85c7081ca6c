// Schubfach (R. Giulietti, "The Schubfach way to render doubles", 2021): scale the interval of all
// reals that round to v by a power of ten in 128-bit arithmetic, rounding to odd, and look whether
// a multiple of 10 or else of 1 lies in it.
#include "src/base/shortest.h"

#include <array>
#include <bit>
#include <cstddef>
#include <vector>

namespace gnomon::base {
namespace {

struct Wide {
  uint64_t high = 0;
  uint64_t low = 0;
};

constexpr int kPowerMin = -292;
constexpr int kPowerMax = 324;

// floor(log2(10^e)), floor(log10(2^e)) and floor(log10(3/4 * 2^e)) for all exponents of doubles.
int floor_log2_pow10(int e) { return (e * 1'741'647) >> 19; }
int floor_log10_pow2(int e) { return (e * 1'262'611) >> 22; }
int floor_log10_three_quarters_pow2(int e) { return (e * 1'262'611 - 524'031) >> 22; }

// Natural numbers of any size, little-endian, for the table of powers only.
class Natural {
 public:
  explicit Natural(uint32_t value) : words_{value} {}

  void multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (uint32_t& word : words_) {
      carry += static_cast<uint64_t>(word) * factor;
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_.push_back(static_cast<uint32_t>(carry));
  }
  int bits() const {
    return static_cast<int>(words_.size()) * 32 - std::countl_zero(words_.back());
  }
  bool bit(int at) const {
    return at >= 0 && (words_[static_cast<size_t>(at) / 32] >> (at % 32) & 1) != 0;
  }
  bool any_bit_below(int at) const {
    for (int i = 0; i < at; ++i) {
      if (bit(i)) return true;
    }
    return false;
  }
  // this = this * 2 + bit
  void shift_in(bool bit) {
    uint32_t carry = bit;
    for (uint32_t& word : words_) {
      uint32_t next = word >> 31;
      word = word << 1 | carry;
      carry = next;
    }
    if (carry != 0) words_.push_back(carry);
  }
  bool at_least(const Natural& other) const {
    if (words_.size() != other.words_.size()) return words_.size() > other.words_.size();
    for (size_t i = words_.size(); i-- > 0;) {
      if (words_[i] != other.words_[i]) return words_[i] > other.words_[i];
    }
    return true;
  }
  // other <= this
  void subtract(const Natural& other) {
    int64_t borrow = 0;
    for (size_t i = 0; i < words_.size(); ++i) {
      int64_t word = static_cast<int64_t>(words_[i]) - borrow -
                     (i < other.words_.size() ? other.words_[i] : 0);
      borrow = word < 0;
      words_[i] = static_cast<uint32_t>(word);
    }
    while (words_.size() > 1 && words_.back() == 0) words_.pop_back();
  }
  bool zero() const { return words_.size() == 1 && words_[0] == 0; }

 private:
  std::vector<uint32_t> words_;
};

void shift_in(Wide& wide, bool bit) {
  wide.high = wide.high << 1 | wide.low >> 63;
  wide.low = wide.low << 1 | static_cast<uint64_t>(bit);
}

void increment(Wide& wide) {
  if (++wide.low == 0) ++wide.high;
}

// The 128 leading bits of 10^k, rounded up.
Wide leading_bits(const Natural& power) {
  Wide wide;
  int bits = power.bits();
  for (int i = 1; i <= 128; ++i) shift_in(wide, power.bit(bits - i));
  if (power.any_bit_below(bits - 128)) increment(wide);
  return wide;
}

// The 128 leading bits of 1 / 10^k, rounded up: long division of a power of two.
Wide leading_bits_of_inverse(const Natural& power) {
  Wide wide;
  Natural rest(1);
  for (int i = 1; i < power.bits(); ++i) rest.shift_in(false);
  for (int i = 0; i < 128; ++i) {
    rest.shift_in(false);
    bool bit = rest.at_least(power);
    if (bit) rest.subtract(power);
    shift_in(wide, bit);
  }
  if (!rest.zero()) increment(wide);
  return wide;
}

using Powers = std::array<Wide, kPowerMax - kPowerMin + 1>;

Powers make_powers() {
  Powers powers;
  Natural power(1);
  for (int k = 0; k <= kPowerMax; ++k) {
    powers[static_cast<size_t>(k - kPowerMin)] = leading_bits(power);
    if (k > 0 && -k >= kPowerMin) {
      powers[static_cast<size_t>(-k - kPowerMin)] = leading_bits_of_inverse(power);
    }
    power.multiply(10);
  }
  return powers;
}

// g * x / 2^128, the last bit telling whether anything was cut off.
uint64_t multiply_round_to_odd(const Wide& g, uint64_t x) {
  using Product = unsigned __int128;
  Product low = static_cast<Product>(g.low) * x;
  Product high = static_cast<Product>(g.high) * x + static_cast<uint64_t>(low >> 64);
  return static_cast<uint64_t>(high >> 64) | (static_cast<uint64_t>(high) > 1);
}

}  // namespace

ShortDecimal shortest_decimal(double v) {
  static const Powers kPowers = make_powers();
  auto bits = std::bit_cast<uint64_t>(v);
  uint64_t fraction = bits & ((1ull << 52) - 1);
  int exponent = static_cast<int>(bits >> 52);
  uint64_t c = exponent == 0 ? fraction : fraction | 1ull << 52;
  int q = (exponent == 0 ? 1 : exponent) - 1075;

  // Below a power of two the neighbours are twice as close.
  bool close_below = fraction == 0 && exponent > 1;
  uint64_t odd = c & 1;  // the bounds themselves round to v only when c is even
  int k = close_below ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
  int shift = q + floor_log2_pow10(-k) + 1;
  const Wide& g = kPowers[static_cast<size_t>(-k - kPowerMin)];
  uint64_t lower = multiply_round_to_odd(g, (4 * c - 2 + close_below) << shift) + odd;
  uint64_t middle = multiply_round_to_odd(g, (4 * c) << shift);
  uint64_t upper = multiply_round_to_odd(g, (4 * c + 2) << shift) - odd;

  uint64_t s = middle / 4;
  if (s >= 10) {
    uint64_t tens = s / 10;
    bool down = lower <= 40 * tens;
    bool up = 40 * tens + 40 <= upper;
    if (down != up) return {tens + up, k + 1};
  }
  bool down = lower <= 4 * s;
  bool up = 4 * s + 4 <= upper;
  if (down != up) return {s + up, k};
  uint64_t half = 4 * s + 2;
  bool round_up = middle > half || (middle == half && (s & 1) != 0);
  return {s + round_up, k};
}

}  // namespace gnomon::base
