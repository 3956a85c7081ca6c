#include "http/prometheus/parameters.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "src/base/text.h"
#include "src/promql/parser.h"

namespace gnomon::prometheus {
namespace {

using base::ErrorKind;

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kMsPerSecond = 1'000;

// The boundaries that Prometheus writes for "all time" and reads back.
constexpr std::string_view kTimeMinText = "-292273086-05-16T16:47:06Z";
constexpr std::string_view kTimeMaxText = "292277025-08-18T07:12:54.999999999Z";
constexpr int64_t kTimeMinMs =
    (std::numeric_limits<int64_t>::min() / 1000 + 62'135'596'801) * kMsPerSecond;
constexpr int64_t kTimeMaxMs =
    (std::numeric_limits<int64_t>::max() / 1000 - 62'135'596'801) * kMsPerSecond + 999;

// Seconds to milliseconds with the very roundings of Prometheus: the fraction to three places,
// then down through nanoseconds.
std::optional<int64_t> seconds_to_ms(double seconds) {
  double whole = 0;
  double fraction = std::modf(seconds, &whole);
  if (!(std::fabs(whole) < 9.2e15)) return std::nullopt;
  fraction = std::round(fraction * 1000) / 1000;
  auto ns = static_cast<int64_t>(fraction * 1e9);
  auto total = static_cast<int64_t>(whole);
  if (ns < 0) {
    ns += 1'000'000'000;
    --total;
  }
  return total * kMsPerSecond + ns / kNsPerMs;
}

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
int64_t days_from_date(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

int days_of_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && leap);
}

// Reads "2006-01-02T15:04:05.999Z" or with an offset "+02:00".
class Rfc3339 {
 public:
  explicit Rfc3339(std::string_view text) : rest_(text) {}

  std::optional<int64_t> ms() {
    int year = number(4, 0, 9999);
    expect('-');
    int month = number(2, 1, 12);
    expect('-');
    int day = number(2, 1, good_ ? days_of_month(year, month) : 0);
    expect('T');
    int hour = number(2, 0, 23);
    expect(':');
    int minute = number(2, 0, 59);
    expect(':');
    int second = number(2, 0, 59);
    int64_t fraction_ms = fraction();
    int64_t offset_minutes = zone();
    if (!good_ || !rest_.empty()) return std::nullopt;
    int64_t minutes = days_from_date(year, month, day) * 1440 + hour * 60 + minute;
    return ((minutes - offset_minutes) * 60 + second) * kMsPerSecond + fraction_ms;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { good_ = take(c) && good_; }
  bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }

  int number(int digits, int min, int max) {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (!at_digit()) {
        good_ = false;
        return min;
      }
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    good_ = good_ && value >= min && value <= max;
    return value;
  }

  int64_t fraction() {
    if (!take('.') && !take(',')) return 0;
    good_ = good_ && at_digit();
    int64_t ms = 0;
    for (int place = 100; at_digit(); place /= 10) {
      ms += (rest_[0] - '0') * place;
      rest_.remove_prefix(1);
    }
    return ms;
  }

  int64_t zone() {
    if (take('Z')) return 0;
    bool west = take('-');
    if (!west) expect('+');
    int hours = number(2, 0, 24);
    expect(':');
    int minutes = number(2, 0, 60);
    return (west ? -1 : 1) * (hours * 60 + minutes);
  }

  std::string_view rest_;
  bool good_ = true;
};

Error cannot_parse(std::string_view text, std::string_view what) {
  return {ErrorKind::BadData,
          "cannot parse " + base::quote(text) + " to a valid " + std::string(what)};
}

}  // namespace

std::string_view parameter(const http::Request& request, std::string_view name) {
  return request.parameters.get(name);
}

Result<int64_t> parse_time(std::string_view text) {
  std::optional<int64_t> ms;
  if (auto seconds = base::parse_float(text)) {
    ms = seconds_to_ms(*seconds);
  } else if (text == kTimeMinText) {
    ms = kTimeMinMs;
  } else if (text == kTimeMaxText) {
    ms = kTimeMaxMs;
  } else {
    ms = Rfc3339(text).ms();
  }
  if (!ms) return cannot_parse(text, "timestamp");
  return *ms;
}

Result<int64_t> parse_duration_ns(std::string_view text) {
  if (auto seconds = base::parse_float(text)) {
    double ns = *seconds * 1e9;
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    if (!(ns < kLimit && ns >= -kLimit)) {
      return cannot_parse(text, "duration. It overflows int64");
    }
    return static_cast<int64_t>(ns);
  }
  auto ms = base::parse_duration(text);
  if (!ms.ok()) return cannot_parse(text, "duration");
  return *ms * kNsPerMs;
}

Error invalid_parameter(std::string_view name, const Error& error) {
  return {ErrorKind::BadData, "invalid parameter " + base::quote(name) + ": " + error.message};
}

Result<int64_t> time_parameter(const http::Request& request, std::string_view name,
                               int64_t otherwise) {
  std::string_view text = parameter(request, name);
  if (text.empty()) return otherwise;
  auto time = parse_time(text);
  if (time.ok()) return time;
  Error inner{ErrorKind::BadData,
              "invalid time value for '" + std::string(name) + "': " + time.error().message};
  return invalid_parameter(name, inner);
}

Result<int64_t> required_time(const http::Request& request, std::string_view name) {
  auto time = parse_time(parameter(request, name));
  if (time.ok()) return time;
  return invalid_parameter(name, time.error());
}

Result<size_t> limit_parameter(const http::Request& request) {
  std::string_view text = parameter(request, "limit");
  if (text.empty()) return size_t{0};
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  bool signs = digits.size() != text.size() && digits.starts_with('-');
  int64_t limit = 0;
  const char* end = digits.data() + digits.size();
  auto [at, bad] = std::from_chars(digits.data(), end, limit);
  if (bad == std::errc::invalid_argument || at != end || signs) {
    return invalid_parameter(
        "limit",
        {ErrorKind::BadData, "strconv.Atoi: parsing " + base::quote(text) + ": invalid syntax"});
  }
  if (bad != std::errc()) {
    return invalid_parameter(
        "limit", {ErrorKind::BadData,
                  "strconv.Atoi: parsing " + base::quote(text) + ": value out of range"});
  }
  if (limit < 0) {
    return invalid_parameter("limit", {ErrorKind::BadData, "limit must be non-negative"});
  }
  return static_cast<size_t>(limit);
}

Result<std::vector<model::Matchers>> selectors_parameter(const http::Request& request) {
  std::vector<model::Matchers> sets;
  for (std::string_view text : request.parameters.all("match[]")) {
    TRY(model::Matchers matchers, promql::parse_selector(text));
    sets.push_back(std::move(matchers));
  }
  return sets;
}

Result<std::vector<model::Matchers>> matchers_parameter(const http::Request& request) {
  TRY(auto sets, selectors_parameter(request));
  for (const model::Matchers& matchers : sets) {
    bool all_empty = true;
    for (const model::Matcher& matcher : matchers) all_empty &= matcher.matches_empty();
    if (all_empty) {
      return Error{ErrorKind::BadData, "match[] must contain at least one non-empty matcher"};
    }
  }
  return sets;
}

Result<void> check_form(const http::Request& request) {
  if (request.parameters.error.empty()) return {};
  return Error{ErrorKind::BadData, "error parsing form values: " + request.parameters.error};
}

Result<std::optional<int64_t>> duration_parameter(const http::Request& request,
                                                  std::string_view name) {
  std::string_view text = parameter(request, name);
  if (text.empty()) return std::optional<int64_t>();
  TRY(int64_t ns, parse_duration_ns(text));
  return std::optional<int64_t>(ns / kNsPerMs);
}

}  // namespace gnomon::prometheus
