#include <array>
#include <charconv>
#include <limits>

#include "src/base/text.h"

namespace gnomon::base {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
  bool only_when_exact;  // in output: 90d reads better than 12w6d
};

// From the largest; in a duration the units come in this order, each at most once.
constexpr std::array<Unit, 7> kUnits = {{
    {"y", 365LL * 24 * 3600 * 1000, true},
    {"w", 7LL * 24 * 3600 * 1000, true},
    {"d", 24LL * 3600 * 1000, false},
    {"h", 3600LL * 1000, false},
    {"m", 60LL * 1000, false},
    {"s", 1000, false},
    {"ms", 1, false},
}};

// Prometheus counts in nanoseconds of an int64: about 292 years.
constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kNsMax = uint64_t{1} << 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error not_a_duration(std::string_view text) {
  return {ErrorKind::BadData, "not a valid duration string: " + quote(text)};
}

// Takes the leading characters of `rest` that are (or are not) digits.
std::string_view take(std::string_view& rest, bool digits) {
  size_t n = 0;
  while (n < rest.size() && is_digit(rest[n]) == digits) ++n;
  const std::string_view taken = rest.substr(0, n);
  rest.remove_prefix(n);
  return taken;
}

}  // namespace

std::string format_duration(int64_t ms) {
  if (ms == 0) return "0s";
  std::string out;
  uint64_t rest = static_cast<uint64_t>(ms);
  if (ms < 0) {
    out.push_back('-');
    rest = 0 - rest;
  }
  for (const Unit& unit : kUnits) {
    const uint64_t size = static_cast<uint64_t>(unit.ms);
    if (rest < size || (unit.only_when_exact && rest % size != 0)) continue;
    out.append(std::to_string(rest / size)).append(unit.name);
    rest %= size;
  }
  return out;
}

Result<int64_t> parse_duration(std::string_view text) {
  if (text == "0") return int64_t{0};
  if (text.empty()) return Error{ErrorKind::BadData, "empty duration string"};
  uint64_t total_ns = 0;
  size_t next_unit = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view digits = take(rest, true);
    uint64_t count = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (digits.empty() || parsed.ec != std::errc()) return not_a_duration(text);
    const std::string_view name = take(rest, false);
    if (name.empty()) return not_a_duration(text);
    size_t at = 0;
    while (at < kUnits.size() && kUnits[at].name != name) ++at;
    if (at == kUnits.size()) {
      return Error{ErrorKind::BadData,
                   "unknown unit " + quote(name) + " in duration " + quote(text)};
    }
    if (at < next_unit) return not_a_duration(text);
    next_unit = at + 1;
    const uint64_t unit_ns = static_cast<uint64_t>(kUnits[at].ms) * kNsPerMs;
    const Error out_of_range{ErrorKind::BadData, "duration out of range"};
    if (count > kNsMax / unit_ns) return out_of_range;
    total_ns += count * unit_ns;
    if (total_ns >= kNsMax) return out_of_range;
  }
  return static_cast<int64_t>(total_ns / kNsPerMs);
}

}  // namespace gnomon::base
