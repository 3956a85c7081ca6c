#include "src/storage/metrics/value_codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "src/storage/integer_codec.h"
#include "src/storage/metrics/number_conversion.h"

namespace gnomon::storage {
namespace {

enum Form : uint8_t { Constant = 0, Decimal = 1, Bits = 2 };
constexpr uint8_t kChanges = 4;
constexpr uint8_t kExceptions = 8;

// Exact doubles, so that integer / power is the double nearest to the decimal.
constexpr std::array<double, 16> kPowers = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
constexpr double kIntegerMax = 9007199254740992.0;  // 2^53
constexpr size_t kExceptionBits = 80;
constexpr size_t kSampled = 48;
constexpr unsigned kNoPower = kPowers.size();

uint64_t bits_of(double v) { return std::bit_cast<uint64_t>(v); }

inline bool as_decimal(double v, unsigned power, int64_t& integer) {
  const double scaled = v * kPowers[power];
  if (!(std::fabs(scaled) < kIntegerMax)) return false;
  integer = std::llrint(scaled);
  return bits_of(static_cast<double>(integer) / kPowers[power]) == bits_of(v);
}

unsigned smallest_power(double v) {
  int64_t integer;
  for (unsigned power = 0; power < kPowers.size(); ++power) {
    if (as_decimal(v, power, integer)) return power;
  }
  return kNoPower;
}

// The power of ten that costs least: every digit widens all integers by log2(10) bits, every value
// that needs more digits becomes an exception. Looks at every `stride`th value.
unsigned choose_power(std::span<const double> values, size_t stride) {
  std::array<size_t, kPowers.size() + 1> needed{};
  size_t sampled = 0;
  for (size_t i = 0; i < values.size(); i += stride, ++sampled) {
    ++needed[smallest_power(values[i])];
  }
  unsigned best = kNoPower;
  double best_cost = 0.5 * static_cast<double>(sampled * kExceptionBits);
  size_t exceptions = sampled;
  for (unsigned power = 0; power < kPowers.size(); ++power) {
    exceptions -= needed[power];
    const double cost = static_cast<double>(exceptions * kExceptionBits) +
                        3.33 * power * static_cast<double>(sampled);
    if (cost < best_cost) {
      best = power;
      best_cost = cost;
    }
  }
  return best;
}

struct Decimals {
  unsigned power = kNoPower;
  std::vector<int64_t> integers;   // exceptions repeat the integer before
  std::vector<size_t> exceptions;  // positions
};

void fit(std::span<const double> values, unsigned power, Decimals& out) {
  out.power = power;
  out.integers.resize(values.size());
  out.exceptions.clear();
  int64_t last = 0;
  size_t first_fit = values.size();
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t integer;
    if (as_decimal(values[i], power, integer)) {
      last = integer;
      first_fit = std::min(first_fit, i);
    } else {
      out.exceptions.push_back(i);
    }
    out.integers[i] = last;
  }
  if (first_fit == values.size()) return;
  std::fill_n(out.integers.begin(), first_fit, out.integers[first_fit]);
}

// False when too many values are no short decimals.
bool find_decimals(std::span<const double> values, Decimals& out) {
  const size_t stride = std::max<size_t>(1, values.size() / kSampled);
  unsigned power = choose_power(values, stride);
  if (power != kNoPower) {
    fit(values, power, out);
    if (out.exceptions.size() <= values.size() / 32) return true;
  }
  if (stride == 1) return power != kNoPower && out.exceptions.size() <= values.size() / 2;
  power = choose_power(values, 1);
  if (power == kNoPower) return false;
  fit(values, power, out);
  return out.exceptions.size() <= values.size() / 2;
}

// The greatest number that divides all differences to the first integer; 0 when all are equal.
uint64_t common_divisor(std::span<const int64_t> integers) {
  uint64_t divisor = 0;
  for (const int64_t integer : integers) {
    const int64_t difference = integer - integers[0];
    const uint64_t size = static_cast<uint64_t>(difference < 0 ? -difference : difference);
    if (divisor != 0 && size % divisor == 0) continue;
    divisor = std::gcd(divisor, size);
    if (divisor == 1) break;
  }
  return divisor;
}

// An encoded form without its changes bitmap, which stands between the two.
struct Body {
  uint8_t head = 0;
  std::string bytes;
};

Body write_decimals(std::span<const double> values, Decimals& decimals) {
  Body body;
  body.head = static_cast<uint8_t>(Decimal | decimals.power << 4);
  std::vector<int64_t>& integers = decimals.integers;
  const uint64_t divisor = std::max<uint64_t>(1, common_divisor(integers));
  put_varint(body.bytes, divisor);
  if (divisor > 1) {
    const int64_t offset = integers[0];
    put_signed(body.bytes, offset);
    for (int64_t& integer : integers) integer = (integer - offset) / static_cast<int64_t>(divisor);
  }
  if (!decimals.exceptions.empty()) {
    body.head |= kExceptions;
    put_varint(body.bytes, decimals.exceptions.size());
    size_t before = 0;
    for (const size_t at : decimals.exceptions) {
      put_varint(body.bytes, at - before);
      put_fixed(body.bytes, bits_of(values[at]));
      before = at;
    }
  }
  encode_integers(integers, body.bytes);
  return body;
}

Body write_bits(std::span<const double> values) {
  std::vector<int64_t> patterns(values.size());
  uint64_t differing = 0;
  const uint64_t first = std::rotl(bits_of(values[0]), 1);
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t pattern = std::rotl(bits_of(values[i]), 1);
    differing |= pattern ^ first;
    patterns[i] = static_cast<int64_t>(pattern);
  }
  const int common = std::min(63, std::countr_zero(differing));
  for (int64_t& pattern : patterns) {
    pattern = static_cast<int64_t>(static_cast<uint64_t>(pattern) >> common);
  }
  Body body{Bits, {}};
  put_byte(body.bytes, static_cast<uint8_t>(common));
  put_varint(body.bytes, first & ((uint64_t{1} << common) - 1));
  encode_integers(patterns, body.bytes);
  return body;
}

Body write_smallest(std::span<const double> values, ValueForms forms) {
  Decimals decimals;
  if (forms == ValueForms::BitsOnly || !find_decimals(values, decimals)) return write_bits(values);
  Body body = write_decimals(values, decimals);
  const bool large = body.bytes.size() > values.size() * 5 / 2;
  if (!large && decimals.exceptions.size() <= values.size() / 16) return body;
  Body bits = write_bits(values);
  return bits.bytes.size() < body.bytes.size() ? bits : body;
}

// The bitmap of changes and the values after each change, first value included.
struct Changes {
  std::string bitmap;
  std::vector<double> values;
};

Changes find_changes(std::span<const double> values) {
  Changes out;
  out.bitmap.assign((values.size() + 6) / 8, 0);
  out.values.push_back(values[0]);
  for (size_t i = 1; i < values.size(); ++i) {
    if (bits_of(values[i]) == bits_of(values[i - 1])) continue;
    out.bitmap[(i - 1) / 8] |= static_cast<char>(1 << ((i - 1) % 8));
    out.values.push_back(values[i]);
  }
  return out;
}

size_t count_changes(std::span<const double> values) {
  size_t changes = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    changes += bits_of(values[i]) != bits_of(values[i - 1]);
  }
  return changes;
}

void put_constant(double v, std::string& out) {
  uint64_t bits = bits_of(v);
  const size_t bytes = bits == 0 ? 0 : 8 - static_cast<size_t>(std::countr_zero(bits)) / 8;
  put_byte(out, Constant);
  put_byte(out, static_cast<uint8_t>(bytes));
  for (size_t i = 0; i < bytes; ++i, bits <<= 8) put_byte(out, static_cast<uint8_t>(bits >> 56));
}

}  // namespace

void encode_values(std::span<const double> values, ValueForms forms, std::string& out) {
  const size_t changes = count_changes(values);
  if (changes == 0) return put_constant(values[0], out);
  Body body = write_smallest(values, forms);
  // The bitmap alone costs a bit per value; it pays where values are long and seldom new.
  if (changes < values.size() / 4 * 3 && body.bytes.size() > values.size() / 4) {
    const Changes seldom = find_changes(values);
    Body fewer = write_smallest(seldom.values, forms);
    if (fewer.bytes.size() + seldom.bitmap.size() < body.bytes.size()) {
      body.head = static_cast<uint8_t>(fewer.head | kChanges);
      body.bytes = seldom.bitmap + fewer.bytes;
    }
  }
  put_byte(out, body.head);
  out += body.bytes;
}

namespace {

void read_constant(ByteReader& reader, size_t wanted, double* out) {
  const size_t bytes = reader.byte();
  if (bytes > 8) reader.fail();
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes && reader.ok(); ++i) {
    bits |= static_cast<uint64_t>(reader.byte()) << (56 - 8 * i);
  }
  std::fill_n(out, wanted, std::bit_cast<double>(bits));
}

// Calls `convert(numbers, n, out)` for each block until `wanted` values stand in `out`.
template <typename Convert>
void read_blocks(ByteReader& reader, size_t count, size_t wanted, double* out, Convert convert) {
  IntegerDecoder decoder(reader, count);
  int64_t numbers[kPackedMax];
  for (size_t done = 0; done < wanted;) {
    const size_t n = std::min(decoder.next(numbers), wanted - done);
    convert(numbers, n, out + done);
    done += n;
  }
}

void read_decimals(ByteReader& reader, uint8_t head, size_t count, size_t wanted, double* out) {
  const uint64_t divisor = reader.varint();
  const uint64_t offset = divisor > 1 ? static_cast<uint64_t>(reader.signed_varint()) : 0;
  const size_t exceptions = (head & kExceptions) != 0 ? reader.varint() : 0;
  ByteReader listed = reader;
  for (size_t i = 0; i < exceptions && reader.ok(); ++i) {
    reader.varint();
    reader.take(8);
  }
  if (!reader.ok()) return;

  const double power = kPowers[head >> 4];
  read_blocks(reader, count, wanted, out, [=](int64_t* numbers, size_t n, double* to) {
    for (size_t i = 0; divisor > 1 && i < n; ++i) {
      numbers[i] = static_cast<int64_t>(static_cast<uint64_t>(numbers[i]) * divisor + offset);
    }
    to_doubles(numbers, n, power, to);
  });
  uint64_t at = 0;
  for (size_t i = 0; i < exceptions; ++i) {
    const uint64_t gap = listed.varint();
    const double value = listed.fixed<double>();
    if (gap >= count - at) return reader.fail();
    at += gap;
    if (at < wanted) out[at] = value;
  }
}

void read_bits(ByteReader& reader, size_t count, size_t wanted, double* out) {
  const unsigned common = reader.byte();
  const uint64_t low = reader.varint();
  if (common > 63) reader.fail();
  if (!reader.ok()) return;
  read_blocks(reader, count, wanted, out, [=](const int64_t* numbers, size_t n, double* to) {
    for (size_t i = 0; i < n; ++i) {
      const uint64_t pattern = static_cast<uint64_t>(numbers[i]) << common | low;
      to[i] = std::bit_cast<double>(std::rotr(pattern, 1));
    }
  });
}

void read_form(ByteReader& reader, uint8_t head, size_t count, size_t wanted, double* out) {
  switch (head & 3) {
    case Constant:
      return read_constant(reader, wanted, out);
    case Decimal:
      return read_decimals(reader, head, count, wanted, out);
    case Bits:
      return read_bits(reader, count, wanted, out);
    default:
      reader.fail();
  }
}

size_t count_bits(std::string_view bitmap) {
  size_t bits = 0;
  for (; bitmap.size() >= 8; bitmap.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, bitmap.data(), 8);
    bits += static_cast<size_t>(std::popcount(word));
  }
  for (const char byte : bitmap)
    bits += static_cast<size_t>(std::popcount(static_cast<uint8_t>(byte)));
  return bits;
}

}  // namespace

bool decode_values(ByteReader& reader, size_t count, size_t wanted, double* out) {
  const uint8_t head = reader.byte();
  if (!reader.ok()) return false;
  if ((head & kChanges) == 0) {
    read_form(reader, head, count, wanted, out);
    return reader.ok();
  }
  const std::string_view bitmap = reader.take((count + 6) / 8);
  if (!reader.ok()) return false;
  const size_t changed = 1 + count_bits(bitmap);
  if (changed > count) return false;
  std::vector<double> values(changed);
  read_form(reader, head, changed, changed, values.data());
  if (!reader.ok()) return false;
  const double* value = values.data();
  out[0] = *value;
  for (size_t i = 1; i < wanted;) {
    uint8_t changes = static_cast<uint8_t>(bitmap[(i - 1) / 8]);
    for (const size_t end = std::min(i + 8, wanted); i < end; ++i, changes >>= 1) {
      value += changes & 1;
      out[i] = *value;
    }
  }
  return true;
}

}  // namespace gnomon::storage
