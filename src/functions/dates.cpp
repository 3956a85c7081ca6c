#include <cstdint>

#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

using model::Column;

constexpr uint64_t kSecondsPerDay = 86400;
constexpr uint64_t kDaysPer400Years = 146097;
constexpr uint64_t kDaysTo1970 = 719468;  // from 1 March of the year 0
constexpr uint64_t kEras = 730692556;     // of 400 years, to make every int64 positive
constexpr uint64_t kYearShift = kEras * 400;

// A moment of the Gregorian calendar in UTC, as Go's time package has it for every int64 of
// seconds, wrapping included.
struct Moment {
  uint64_t days = 0;     // since 1 March of year -kYearShift
  uint64_t seconds = 0;  // of the day
  int64_t year = 0;
  int month = 0;
  int day = 0;
};

// Out of range and NaN become the least integer, as the amd64 instruction does that Go uses.
int64_t truncate_to_int64(double v) {
  if (!(v >= -9223372036854775808.0 && v < 9223372036854775808.0)) return INT64_MIN;
  return static_cast<int64_t>(v);
}

Moment moment_of(double seconds_since_epoch) {
  const uint64_t shift = (kEras * kDaysPer400Years + kDaysTo1970) * kSecondsPerDay;
  const uint64_t absolute = static_cast<uint64_t>(truncate_to_int64(seconds_since_epoch)) + shift;
  Moment m;
  m.days = absolute / kSecondsPerDay;
  m.seconds = absolute % kSecondsPerDay;
  // Years begin in March here, so that the leap day is the last of its year.
  const uint64_t era = m.days / kDaysPer400Years;
  const uint64_t day_of_era = m.days % kDaysPer400Years;
  const uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t march_month = (5 * day_of_year + 2) / 153;
  m.day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5) + 1;
  m.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  m.year = static_cast<int64_t>(era * 400 + year_of_era - kYearShift) + (m.month <= 2 ? 1 : 0);
  return m;
}

bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int kDaysBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

double day_of_month_of(const Moment& m) { return m.day; }
// 1 March of any year that 400 divides is a Wednesday.
double day_of_week_of(const Moment& m) { return static_cast<double>((m.days + 3) % 7); }
double day_of_year_of(const Moment& m) {
  return kDaysBefore[m.month - 1] + m.day + (m.month > 2 && is_leap(m.year) ? 1 : 0);
}
double days_in_month_of(const Moment& m) {
  const int days = kDaysBefore[m.month] - kDaysBefore[m.month - 1];
  return days + (m.month == 2 && is_leap(m.year) ? 1 : 0);
}
double hour_of(const Moment& m) { return static_cast<double>(m.seconds / 3600); }
double minute_of(const Moment& m) { return static_cast<double>(m.seconds / 60 % 60); }
double month_of(const Moment& m) { return m.month; }
double year_of(const Moment& m) { return static_cast<double>(m.year); }

template <double (*kPart)(const Moment&)>
void map_date(const MapContext&, Column& column) {
  column.histograms.clear();
  for (double& v : column.values) {
    if (!model::is_stale(v)) v = kPart(moment_of(v));
  }
}

// Without an argument they look at the evaluation time: exec passes a column of it.
constexpr Function kRows[] = {
    {.name = "day_of_month",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<day_of_month_of>,
     .time_dependent = true,
     .documentation = "Day of the month in UTC, 1 to 31."},
    {.name = "day_of_week",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<day_of_week_of>,
     .time_dependent = true,
     .documentation = "Day of the week in UTC, 0 is Sunday."},
    {.name = "day_of_year",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<day_of_year_of>,
     .time_dependent = true,
     .documentation = "Day of the year in UTC, 1 to 366."},
    {.name = "days_in_month",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<days_in_month_of>,
     .time_dependent = true,
     .documentation = "Number of days of the month in UTC."},
    {.name = "hour",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<hour_of>,
     .time_dependent = true,
     .documentation = "Hour of the day in UTC."},
    {.name = "minute",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<minute_of>,
     .time_dependent = true,
     .documentation = "Minute of the hour in UTC."},
    {.name = "month",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<month_of>,
     .time_dependent = true,
     .documentation = "Month in UTC, 1 to 12."},
    {.name = "year",
     .arguments = kInstantVector,
     .variadic = 1,
     .shape = Shape::Map,
     .map = map_date<year_of>,
     .time_dependent = true,
     .documentation = "Year in UTC."},
};

}  // namespace

std::span<const Function> date_family() { return kRows; }

}  // namespace gnomon::functions
