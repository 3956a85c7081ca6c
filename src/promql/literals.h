#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/result.h"
#include "src/parsing/parse_error.h"

namespace gnomon::promql {

using parsing::ParseError;

// How far the number or duration at `start` reaches, and which of them it is.
struct ScannedNumber {
  enum class Kind : uint8_t { Number, Duration, Bad };
  Kind kind = Kind::Bad;
  size_t end = 0;  // of Bad: as far as the message quotes it
};
ScannedNumber scan_number(std::string_view text, size_t start);

// The value of a number token; hexadecimal, octal and underscores as in Go.
// Errors: BadData, "error parsing number: ...".
Result<double> parse_number(std::string_view token);

// What is wrong with the string literal that starts at `start`, if anything: an unknown escape,
// invalid UTF-8, no closing quote.
std::optional<std::string> string_error(std::string_view text, size_t start);
// The value of a string token that string_error() finds nothing wrong with.
std::string unquote(std::string_view token);

// The character at `at` as Go's %q prints a rune: 'a', '\n'; of invalid UTF-8 it is U+FFFD.
std::string quote_rune(std::string_view text, size_t at);

}  // namespace gnomon::promql
