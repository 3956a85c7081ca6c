#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "src/base/shortest.h"
#include "src/base/text.h"

namespace gnomon::base {
namespace {

// Go's math.NaN().
constexpr uint64_t kNaNBits = 0x7ff8000000000001ull;

// The shortest digits that read back: 0.d1d2d3... times 10^point, without trailing zeros.
struct Decimal {
  std::array<char, 24> digits;
  int count = 0;
  int point = 0;
};

// v > 0 and finite.
Decimal shortest(double v) {
  const ShortDecimal scaled = shortest_decimal(v);
  Decimal d;
  char* const begin = d.digits.data();
  const char* end = std::to_chars(begin, begin + d.digits.size(), scaled.digits).ptr;
  d.point = static_cast<int>(end - begin) + scaled.exponent;
  while (end[-1] == '0') --end;
  d.count = static_cast<int>(end - begin);
  return d;
}

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_zeros(char* out, int count) {
  std::memset(out, '0', static_cast<size_t>(count));
  return out + count;
}

char* put_digits(char* out, const Decimal& d, int from, int to) {
  std::memcpy(out, d.digits.data() + from, static_cast<size_t>(to - from));
  return out + (to - from);
}

char* put_plain(char* out, const Decimal& d) {
  if (d.point <= 0) {
    out = put_zeros(put(out, "0."), -d.point);
    return put_digits(out, d, 0, d.count);
  }
  if (d.point >= d.count) return put_zeros(put_digits(out, d, 0, d.count), d.point - d.count);
  out = put_digits(out, d, 0, d.point);
  *out++ = '.';
  return put_digits(out, d, d.point, d.count);
}

// Go's form: at least two digits of exponent.
char* put_exponent(char* out, const Decimal& d) {
  *out++ = d.digits[0];
  if (d.count > 1) {
    *out++ = '.';
    out = put_digits(out, d, 1, d.count);
  }
  const int exponent = d.point - 1;
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  const int size = std::abs(exponent);
  if (size < 10) *out++ = '0';
  return std::to_chars(out, out + 4, size).ptr;
}

// NaN, infinities and zeros: the end, or nullptr for any other number.
char* put_special(char* out, double v) {
  if (v == 0) return put(out, std::signbit(v) ? "-0" : "0");
  if (std::isnan(v)) return put(out, "NaN");
  if (std::isinf(v)) return put(out, v < 0 ? "-Inf" : "+Inf");
  return nullptr;
}

// Numbers with few digits, which are most of what a server writes: a decimal of at most 15 digits
// that reads back as v is the only one, hence the shortest. v > 0. nullptr when v is not such one.
char* put_short(char* out, double v) {
  constexpr double kExactMax = 1e15;
  if (v >= kExactMax) return nullptr;
  const auto whole = static_cast<int64_t>(v);
  if (static_cast<double>(whole) == v) return std::to_chars(out, out + 20, whole).ptr;
  struct Scale {
    double factor;
    int digits;
  };
  for (const Scale scale : {Scale{1e3, 3}, Scale{1e6, 6}}) {
    const double scaled = v * scale.factor;
    if (scaled >= kExactMax) return nullptr;
    auto n = static_cast<int64_t>(scaled + 0.5);
    if (n == 0 || static_cast<double>(n) / scale.factor != v) continue;
    int digits = scale.digits;
    while (n % 10 == 0) {
      n /= 10;
      --digits;
    }
    std::array<char, 20> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), n).ptr;
    const int count = static_cast<int>(end - text.data());
    const int before = count - digits;
    if (before <= 0) {
      out = put_zeros(put(out, "0."), -before);
      return put(out, {text.data(), static_cast<size_t>(count)});
    }
    out = put(out, {text.data(), static_cast<size_t>(before)});
    *out++ = '.';
    return put(out, {text.data() + before, static_cast<size_t>(digits)});
  }
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_fold(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

size_t skip_digits(std::string_view text, size_t& at, bool (*digit)(char)) {
  const size_t begin = at;
  while (at < text.size() && digit(text[at])) ++at;
  return at - begin;
}

// Unsigned digits[.digits][e[+-]digits], or 0x with hex digits and a mandatory p exponent.
bool well_formed(std::string_view text, bool hex) {
  const auto digit = hex ? is_hex_digit : is_digit;
  size_t at = hex ? 2 : 0;
  size_t digits = skip_digits(text, at, digit);
  if (at < text.size() && text[at] == '.') digits += skip_digits(text, ++at, digit);
  if (digits == 0) return false;
  if (at == text.size()) return !hex;
  if (lower(text[at]) != (hex ? 'p' : 'e')) return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  return skip_digits(text, at, is_digit) > 0 && at == text.size();
}

// As in Go's literals: between two digits, or between the prefix 0x and a digit.
bool underscores_between_digits(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  const bool hex = text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x';
  bool digit = hex;
  bool underscore = false;
  for (char c : text.substr(hex ? 2 : 0)) {
    if (c == '_') {
      if (!digit) return false;
      digit = false;
      underscore = true;
      continue;
    }
    digit = hex ? is_hex_digit(c) : is_digit(c);
    if (underscore && !digit) return false;
    underscore = false;
  }
  return !underscore;
}

// Hex floats and numbers beyond the range of a double; text is well formed.
std::optional<double> parse_rare(std::string_view text) {
  const std::string copy(text);
  const double v = std::strtod(copy.c_str(), nullptr);
  if (std::isinf(v)) return std::nullopt;
  return v;
}

std::optional<double> parse_magnitude(std::string_view text) {
  const bool hex = text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x';
  if (!well_formed(text, hex)) return std::nullopt;
  if (hex) return parse_rare(text);
  double v = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), v);
  if (parsed.ec == std::errc::result_out_of_range) return parse_rare(text);
  return v;
}

}  // namespace

std::string format_float(double v) {
  std::array<char, 352> text;  // 5e-324 has 324 digits after the point
  char* out = text.data();
  char* end = put_special(out, v);
  if (end == nullptr) {
    if (v < 0) *out++ = '-';
    end = put_short(out, std::fabs(v));
    if (end == nullptr) end = put_plain(out, shortest(std::fabs(v)));
  }
  return {text.data(), end};
}

char* write_json_float(char* out, double v) {
  if (char* end = put_special(out, v)) return end;
  const double size = std::fabs(v);
  if (v < 0) *out++ = '-';
  if (char* end = put_short(out, size)) return end;
  const Decimal d = shortest(size);
  return size < 1e-6 || size >= 1e21 ? put_exponent(out, d) : put_plain(out, d);
}

std::string format_float_g(double v) {
  std::array<char, 32> text;
  char* out = text.data();
  char* end = put_special(out, v);
  if (end == nullptr) {
    if (v < 0) *out++ = '-';
    const Decimal d = shortest(std::fabs(v));
    constexpr int kExponentFrom = 6;
    const int exponent = d.point - 1;
    end = exponent < -4 || exponent >= kExponentFrom ? put_exponent(out, d) : put_plain(out, d);
  }
  return {text.data(), end};
}

std::optional<double> parse_float(std::string_view text) {
  if (text.find('_') != std::string_view::npos) {
    if (!underscores_between_digits(text)) return std::nullopt;
    std::string plain(text);
    std::erase(plain, '_');
    return parse_float(plain);
  }
  if (text.empty()) return std::nullopt;
  if (equal_fold(text, "nan")) return std::bit_cast<double>(kNaNBits);
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  std::optional<double> v;
  if (equal_fold(text, "inf") || equal_fold(text, "infinity")) {
    v = std::numeric_limits<double>::infinity();
  } else {
    v = parse_magnitude(text);
  }
  if (v && negative) v = -*v;
  return v;
}

}  // namespace gnomon::base
