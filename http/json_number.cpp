// Sample values as text, at the speed that large answers need.
#include <array>
#include <cmath>
#include <cstring>

#include "http/json.h"
#include "src/base/shortest.h"
#include "src/base/text.h"

namespace gnomon::http {
namespace {

constexpr double kIntegersMax = 1e15;    // all integers below have at most 15 digits
constexpr double kExponentBelow = 1e-6;  // smaller values are written with an exponent

constexpr std::array<char, 200> digit_pairs() {
  std::array<char, 200> pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs[static_cast<size_t>(2 * i)] = static_cast<char>('0' + i / 10);
    pairs[static_cast<size_t>(2 * i + 1)] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> kDigitPairs = digit_pairs();

// Writes the digits of `value` so that they end at `end`; returns where they begin.
char* write_digits_before(char* end, uint64_t value) {
  while (value >= 100) {
    end -= 2;
    std::memcpy(end, &kDigitPairs[value % 100 * 2], 2);
    value /= 100;
  }
  if (value >= 10) {
    end -= 2;
    std::memcpy(end, &kDigitPairs[value * 2], 2);
  } else {
    *--end = static_cast<char>('0' + value);
  }
  return end;
}

char* write_integer(char* out, uint64_t value) {
  char digits[20];
  char* begin = write_digits_before(digits + sizeof digits, value);
  auto size = static_cast<size_t>(digits + sizeof digits - begin);
  std::memcpy(out, begin, size);
  return out + size;
}

// digits * 10^exponent, not an integer, below 1e15 and not below 1e-6: no exponent is written.
char* write_decimal(char* out, uint64_t digits, int exponent) {
  while (digits % 10 == 0) {
    digits /= 10;
    ++exponent;
  }
  char text[20];
  char* begin = write_digits_before(text + sizeof text, digits);
  int count = static_cast<int>(text + sizeof text - begin);
  int whole = count + exponent;  // digits before the point
  if (whole > 0) {
    std::memcpy(out, begin, static_cast<size_t>(whole));
    out[whole] = '.';
    std::memcpy(out + whole + 1, begin + whole, static_cast<size_t>(-exponent));
    return out + count + 1;
  }
  std::memcpy(out, "0.00000", 7);
  out += 2 - whole;
  std::memcpy(out, begin, static_cast<size_t>(count));
  return out + count;
}

}  // namespace

// All paths are exact. An integer below 1e15 prints all its digits. And when n / 10^4 == v with
// |n| < 1e15, the division being correctly rounded, then the decimal n / 10^4 reads back as v;
// decimals of at most 15 digits are apart as doubles, so no shorter one does.
char* write_value(char* out, double value) {
  double size = std::fabs(value);
  if (!(size < kIntegersMax)) return base::write_json_float(out, value);
  *out = '-';
  out += std::signbit(value);
  auto integer = static_cast<uint64_t>(size);
  if (static_cast<double>(integer) == size) return write_integer(out, integer);
  if (size < kExponentBelow) return base::write_json_float(out, size);
  double scaled = size * 1e4;
  auto decimal = static_cast<uint64_t>(scaled + 0.5);
  if (scaled < kIntegersMax && static_cast<double>(decimal) / 1e4 == size) {
    return write_decimal(out, decimal, -4);
  }
  base::ShortDecimal shortest = base::shortest_decimal(size);
  return write_decimal(out, shortest.digits, shortest.exponent);
}

}  // namespace gnomon::http
