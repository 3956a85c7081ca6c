#include "src/cli/time_argument.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "src/base/text.h"

namespace gnomon::cli {
namespace {

// Seconds since the epoch of "2026-01-02T03:04:05[.678](Z|+01:00)"; false when it is not one.
bool parse_rfc3339(const std::string& text, double& seconds) {
  std::tm utc{};
  double second = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf%n", &utc.tm_year, &utc.tm_mon,
                  &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &second, &used) != 6) {
    return false;
  }
  const std::string zone = text.substr(static_cast<size_t>(used));
  int offset = 0, hours = 0, minutes = 0;
  char sign = '+';
  if (zone != "Z") {
    if (zone.size() != 6 || std::sscanf(zone.c_str(), "%c%2d:%2d", &sign, &hours, &minutes) != 3) {
      return false;
    }
    offset = (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
  }
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  seconds = static_cast<double>(timegm(&utc) - offset) + second;
  return true;
}

}  // namespace

Result<int64_t> parse_time_argument(std::string_view text, int64_t now_ms) {
  if (text == "now") return now_ms;
  if (text.starts_with('-')) {
    if (const auto before = base::parse_duration(text.substr(1)); before.ok()) {
      return now_ms - *before;
    }
  }
  if (const auto seconds = base::parse_float(text); seconds && std::abs(*seconds) < 1e15) {
    return static_cast<int64_t>(std::llround(*seconds * 1000));
  }
  double seconds = 0;
  if (parse_rfc3339(std::string(text), seconds)) {
    return static_cast<int64_t>(std::llround(seconds * 1000));
  }
  return Error{ErrorKind::BadData, "not a time: " + base::quote(text) +
                                       "; write now, -1h, Unix seconds or 2026-01-02T03:04:05Z"};
}

int64_t natural_step_ms(int64_t start_ms, int64_t end_ms, size_t points) {
  constexpr std::array<int64_t, 14> kSteps = {1,   5,   15,    30,    60,    120,    300,
                                              600, 900, 1'800, 3'600, 7'200, 21'600, 86'400};
  const int64_t least = (end_ms - start_ms) / static_cast<int64_t>(points);
  for (int64_t step : kSteps) {
    if (step * 1000 >= least) return step * 1000;
  }
  return (least / 86'400'000 + 1) * 86'400'000;
}

std::string seconds_text(int64_t ms) { return base::format_float(static_cast<double>(ms) / 1000); }

}  // namespace gnomon::cli
