#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/result.h"

namespace gnomon::base {

// "1h30m": Prometheus' model.Duration: y and w only when the rest is zero; 0 is "0s".
std::string format_duration(int64_t ms);
// ([0-9]+y)?([0-9]+w)?...([0-9]+ms)? ; BadData with Prometheus' text: `not a valid duration string:
// "x"`, `unknown unit "x" in duration "y"`, `empty duration string`, `duration out of range`.
Result<int64_t> parse_duration(std::string_view text);

// Shortest decimal that reads back as v, as Go's strconv.FormatFloat(v, 'f', -1, 64): never an
// exponent; NaN, +Inf, -Inf.
std::string format_float(double v);
// As Prometheus' HTTP JSON: exponent for |v| < 1e-6 or >= 1e21 ("1e-07", "1e+21").
// Writes at most 32 bytes, returns the end.
char* write_json_float(char* out, double v);
// Go's %g: an exponent below 1e-4 and from 1e6 on, as in annotation texts.
std::string format_float_g(double v);
// Go's strconv.ParseFloat: decimal, hex float, inf/infinity/nan in any case, underscores between
// digits. Too large for a double: nullopt.
std::optional<double> parse_float(std::string_view text);

// Go's strconv.Quote: "a\nb" with quotes; non-printable and invalid UTF-8 escaped.
std::string quote(std::string_view text);
bool valid_utf8(std::string_view text);

}  // namespace gnomon::base
