#include "src/promql/literals.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "src/base/printable.h"
#include "src/base/text.h"
#include "src/model/sample.h"

namespace gnomon::promql {

namespace {

constexpr char32_t kInvalid = 0xFFFD;  // what Go decodes invalid UTF-8 to

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_'; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// A place in the text; at the end it reads 0, which no set below holds.
struct Cursor {
  std::string_view text;
  size_t at;

  bool done() const { return at >= text.size(); }
  char peek() const { return done() ? '\0' : text[at]; }
  bool accept(std::string_view set) {
    if (done() || !is_one_of(text[at], set)) return false;
    ++at;
    return true;
  }
  void accept_run(std::string_view set) {
    while (accept(set)) {
    }
  }
};

constexpr std::string_view kDecimal = "0123456789";
constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";

// The shape of numbers only: one dot, one exponent, underscores not at the end. Whether it has a
// value is parse_number()'s to say, as in Prometheus, where "1e+" followed by a space passes here.
bool scan_plain_number(Cursor& in) {
  const size_t start = in.at;
  std::string_view digits = kDecimal;
  if (in.accept("0") && in.accept("xX")) {
    in.accept("_");
    digits = kHexadecimal;
  }
  in.accept(".");
  in.accept(digits);
  bool dot = false;
  bool exponent = false;
  while (!in.done()) {
    const char c = in.peek();
    if (c == '.' || c == 'e' || c == 'E') {
      bool& seen = c == '.' ? dot : exponent;
      ++in.at;
      if (seen) return false;
      seen = true;
      if (c == '.') {
        if (in.accept("_.") || digits == kHexadecimal) return false;
      } else {
        in.accept("+-");
        if (in.accept("._eE") || in.done()) return false;
      }
    } else if (c == '_') {
      ++in.at;
      if (in.accept("._eE") || in.done()) return false;
    } else if (is_one_of(c, digits)) {
      // A run stops at nothing but the end of the digits, the letter e of hexadecimals included.
      in.accept_run(digits);
    } else {
      break;
    }
  }
  return in.at != start && !is_word(in.peek());
}

// Goes on where scan_plain_number() gave up: 5 h30m. Bad units (5ys) are parse_duration()'s.
bool scan_duration(Cursor& in) {
  if (!in.accept("smhdwy")) return false;
  in.accept("s");
  while (in.accept(kDecimal)) {
    in.accept_run(kDecimal);
    if (!in.accept("smhdw")) return false;
    in.accept("s");
  }
  if (in.done() || !is_word(in.peek())) return true;
  ++in.at;  // the message quotes it
  return false;
}

bool underscores_are_right(std::string_view token) {
  char last = '^';
  size_t i = 0;
  bool hexadecimal = false;
  if (token.size() >= 2 && token[0] == '0' && is_one_of(token[1], "xXbBoO")) {
    hexadecimal = is_one_of(token[1], "xX");
    last = '0';
    i = 2;
  }
  for (; i < token.size(); ++i) {
    const char c = token[i];
    if (is_digit(c) || (hexadecimal && is_one_of(c, kHexadecimal))) {
      last = '0';
    } else if (c == '_') {
      if (last != '0') return false;
      last = '_';
    } else {
      if (last == '_') return false;
      last = '!';
    }
  }
  return last != '_';
}

// Go's ParseInt(token, 0, 64) for what the lexer lets through.
std::optional<int64_t> parse_integer(std::string_view digits) {
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' && is_one_of(digits[1], "xX")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
    digits.remove_prefix(1);
  }
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [ptr, status] = std::from_chars(digits.data(), end, value, base);
  if (status != std::errc() || ptr != end) return std::nullopt;
  return value;
}

Error number_error(std::string_view token, std::string_view what) {
  return {ErrorKind::BadData, "error parsing number: strconv.ParseFloat: parsing " +
                                  base::quote(token) + ": " + std::string(what)};
}

struct Rune {
  char32_t value = 0;
  size_t size = 0;  // 0 at the end of the text
};

size_t sequence_size(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

Rune decode(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const auto first = static_cast<unsigned char>(text[at]);
  const size_t size = sequence_size(first);
  if (size == 1) return {first, 1};
  if (size == 0 || at + size > text.size() || !base::valid_utf8(text.substr(at, size))) {
    return {kInvalid, 1};
  }
  char32_t value = first & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    value = value << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  }
  return {value, size};
}

void append_utf8(std::string& out, char32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xC0 | rune >> 6);
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xE0 | rune >> 12);
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | rune >> 18);
    out += static_cast<char>(0x80 | (rune >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  }
}

std::string rune_text(Rune rune) {
  std::string out;
  append_utf8(out, rune.size == 0 ? kInvalid : rune.value);
  return out;
}

// Go's %#U: U+0063 'c', without the character when it does not print.
std::string unicode_name(Rune rune) {
  char hex[16];
  std::snprintf(hex, sizeof(hex), "U+%04X", static_cast<unsigned>(rune.value));
  if (!base::printable(rune.value)) return hex;
  return std::string(hex) + " '" + rune_text(rune) + "'";
}

int digit_value(char32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A') + 10;
  return 16;
}

struct EscapeShape {
  int digits = 0;
  int base = 16;
  uint32_t max = 0x10FFFF;
};

std::optional<EscapeShape> escape_shape(char32_t c) {
  switch (c) {
    case 'x':
      return EscapeShape{2, 16, 255};
    case 'u':
      return EscapeShape{4, 16, 0x10FFFF};
    case 'U':
      return EscapeShape{8, 16, 0x10FFFF};
    default:
      break;
  }
  if (c >= '0' && c <= '7') return EscapeShape{3, 8, 255};
  return std::nullopt;
}

// `at` stands behind the backslash and moves behind the escape.
std::optional<std::string> escape_error(std::string_view text, size_t& at, char quote) {
  const Rune first = decode(text, at);
  if (first.size == 0) return "escape sequence not terminated";
  if (first.value < 0x80 && (is_one_of(static_cast<char>(first.value), "abfnrtv\\") ||
                             static_cast<char>(first.value) == quote)) {
    at += 1;
    return std::nullopt;
  }
  const auto shape = escape_shape(first.value);
  if (!shape) return "unknown escape sequence " + unicode_name(first);
  if (shape->base == 16) at += 1;
  uint32_t value = 0;
  for (int i = 0; i < shape->digits; ++i) {
    const Rune rune = decode(text, at);
    if (rune.size == 0) return "escape sequence not terminated";
    const int digit = digit_value(rune.value);
    if (digit >= shape->base) {
      return "illegal character " + unicode_name(rune) + " in escape sequence";
    }
    value = value * static_cast<uint32_t>(shape->base) + static_cast<uint32_t>(digit);
    at += rune.size;
  }
  if (value > shape->max || (value >= 0xD800 && value < 0xE000)) {
    return "escape sequence is an invalid Unicode code point";
  }
  return std::nullopt;
}

char simple_escape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;  // a quote or a backslash
  }
}

}  // namespace

ScannedNumber scan_number(std::string_view text, size_t start) {
  Cursor in{text, start};
  if (scan_plain_number(in)) return {ScannedNumber::Kind::Number, in.at};
  if (scan_duration(in)) return {ScannedNumber::Kind::Duration, in.at};
  return {ScannedNumber::Kind::Bad, in.at};
}

Result<double> parse_number(std::string_view token) {
  if (!underscores_are_right(token)) return number_error(token, "invalid syntax");
  std::string digits;
  for (const char c : token) {
    if (c != '_') digits += c;
  }
  if (const auto integer = parse_integer(digits)) return static_cast<double>(*integer);
  if (digits.size() > 1 && is_one_of(digits[1], "xX")) return number_error(token, "invalid syntax");
  if (is_letter(digits[0])) {
    return is_one_of(digits[0], "iI") ? HUGE_VAL : std::bit_cast<double>(model::kNormalNaNBits);
  }
  double value = 0;
  const char* end = digits.data() + digits.size();
  const auto [ptr, status] = std::from_chars(digits.data(), end, value);
  if (ptr != end) return number_error(token, "invalid syntax");
  if (status == std::errc::result_out_of_range) {
    // Underflow is a value, overflow is not; strtod tells them apart.
    value = std::strtod(digits.c_str(), nullptr);
    if (std::isinf(value)) return number_error(token, "value out of range");
    return value;
  }
  if (status != std::errc()) return number_error(token, "invalid syntax");
  return value;
}

std::optional<std::string> string_error(std::string_view text, size_t start) {
  const char quote = text[start];
  const bool raw = quote == '`';
  size_t at = start + 1;
  while (true) {
    const Rune rune = decode(text, at);
    if (rune.size == 0) return raw ? "unterminated raw string" : "unterminated quoted string";
    at += rune.size;
    if (rune.value == kInvalid) return "invalid UTF-8 rune";
    if (rune.value == static_cast<unsigned char>(quote)) return std::nullopt;
    if (raw) continue;
    if (rune.value == '\n') return "unterminated quoted string";
    if (rune.value != '\\') continue;
    if (auto error = escape_error(text, at, quote)) return error;
  }
}

std::string unquote(std::string_view token) {
  const bool raw = token.front() == '`';
  token = token.substr(1, token.size() - 2);
  if (raw || token.find('\\') == std::string_view::npos) return std::string(token);
  std::string out;
  for (size_t at = 0; at < token.size();) {
    const char c = token[at++];
    if (c != '\\') {
      out += c;
      continue;
    }
    const char kind = token[at];
    const auto shape = escape_shape(static_cast<unsigned char>(kind));
    if (!shape) {
      out += simple_escape(kind);
      ++at;
      continue;
    }
    if (shape->base == 16) ++at;
    char32_t value = 0;
    for (int i = 0; i < shape->digits; ++i) {
      value = value * static_cast<char32_t>(shape->base) +
              static_cast<char32_t>(digit_value(static_cast<unsigned char>(token[at++])));
    }
    if (shape->max == 255) {
      out += static_cast<char>(value);  // one byte, UTF-8 or not
    } else {
      append_utf8(out, value);
    }
  }
  return out;
}

std::string quote_rune(std::string_view text, size_t at) {
  const std::string rune = rune_text(decode(text, at));
  if (rune == "'") return R"('\'')";
  if (rune == "\"") return R"('"')";
  std::string quoted = base::quote(rune);
  quoted.front() = '\'';
  quoted.back() = '\'';
  return quoted;
}

}  // namespace gnomon::promql
