#include "src/base/text.h"

#include <array>
#include <cstring>

#include "src/base/printable.h"

namespace gnomon::base {
namespace {

struct Rune {
  char32_t value = 0;
  size_t bytes = 0;  // 0: not valid UTF-8
};

bool continues(unsigned char c) { return (c & 0xc0) == 0x80; }

Rune decode_rune(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xc2) return {};
  if (first < 0xe0) {
    if (text.size() < 2 || !continues(byte(1))) return {};
    return {(first & 0x1fu) << 6 | (byte(1) & 0x3fu), 2};
  }
  if (first < 0xf0) {
    if (text.size() < 3 || !continues(byte(1)) || !continues(byte(2))) return {};
    const char32_t value = (first & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
    const bool surrogate = value >= 0xd800 && value < 0xe000;
    if (value < 0x800 || surrogate) return {};
    return {value, 3};
  }
  if (first > 0xf4 || text.size() < 4) return {};
  if (!continues(byte(1)) || !continues(byte(2)) || !continues(byte(3))) return {};
  const char32_t value =
      (first & 0x07u) << 18 | (byte(1) & 0x3fu) << 12 | (byte(2) & 0x3fu) << 6 | (byte(3) & 0x3fu);
  if (value < 0x10000 || value > 0x10ffff) return {};
  return {value, 4};
}

void append_hex(std::string& out, char32_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) out.push_back("0123456789abcdef"[value >> (4 * i) & 15]);
}

void append_escaped(std::string& out, char32_t value) {
  constexpr std::string_view kControls = "\a\b\f\n\r\t\v";
  constexpr std::string_view kLetters = "abfnrtv";
  if (const size_t at = kControls.find(static_cast<char>(value));
      value < 0x80 && at != std::string_view::npos) {
    out.push_back('\\');
    out.push_back(kLetters[at]);
  } else if (value < ' ' || value == 0x7f) {
    out.append("\\x");
    append_hex(out, value, 2);
  } else if (value < 0x10000) {
    out.append("\\u");
    append_hex(out, value, 4);
  } else {
    out.append("\\U");
    append_hex(out, value, 8);
  }
}

}  // namespace

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back('"');
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    if (rune.bytes == 0) {
      out.append("\\x");
      append_hex(out, static_cast<unsigned char>(text[0]), 2);
      text.remove_prefix(1);
      continue;
    }
    if (rune.value == '"' || rune.value == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(rune.value));
    } else if (printable(rune.value)) {
      out.append(text.substr(0, rune.bytes));
    } else {
      append_escaped(out, rune.value);
    }
    text.remove_prefix(rune.bytes);
  }
  out.push_back('"');
  return out;
}

bool valid_utf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (end - at >= 8) {
    uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    if ((word & 0x8080808080808080ull) != 0) break;
    at += 8;
  }
  while (at != end) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      ++at;
      continue;
    }
    const Rune rune = decode_rune(std::string_view(at, static_cast<size_t>(end - at)));
    if (rune.bytes == 0) return false;
    at += rune.bytes;
  }
  return true;
}

}  // namespace gnomon::base
