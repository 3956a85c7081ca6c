#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <ctime>
#include <random>

#include "src/functions/table.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::kStale;

std::vector<double> mapped(std::string_view name, std::vector<double> values,
                           std::vector<double> arguments = {}) {
  Column column;
  column.values = std::move(values);
  std::vector<std::vector<double>> steps;
  for (double a : arguments) steps.emplace_back(column.steps(), a);
  std::vector<std::span<const double>> scalars(steps.begin(), steps.end());
  find_function(name)->map({model::TimeGrid::instant(0), scalars}, column);
  return column.values;
}

double map_one(std::string_view name, double value, std::vector<double> arguments = {}) {
  return mapped(name, {value}, std::move(arguments))[0];
}

TEST(Map, AbsentStaysAbsent) {
  for (const Function* function : all_functions()) {
    if (function->shape != Shape::Map) continue;
    const std::vector<double> arguments(function->arguments.size() - 1, 2.0);
    EXPECT_TRUE(model::is_stale(map_one(function->name, kStale, arguments))) << function->name;
  }
}

TEST(Map, FloatFunctionsDropHistograms) {
  Column column;
  column.values = {3, 0};
  column.set_histogram(1, std::make_shared<model::Histogram>());
  find_function("sqrt")->map({}, column);
  EXPECT_FALSE(column.has(1));
  EXPECT_DOUBLE_EQ(column.values[0], std::sqrt(3.0));
}

TEST(Map, HistogramFunctionsDropFloats) {
  auto h = std::make_shared<model::Histogram>();
  h->count = 4;
  h->sum = 10;
  Column column;
  column.values = {3, 0};
  column.set_histogram(1, h);
  find_function("histogram_avg")->map({}, column);
  EXPECT_FALSE(column.has(0));
  EXPECT_EQ(column.values[1], 2.5);
  EXPECT_FALSE(column.has_histogram(1));
}

TEST(Map, ByHand) {
  EXPECT_EQ(mapped("abs", {-2, 3, -INFINITY}), (std::vector<double>{2, 3, INFINITY}));
  EXPECT_EQ(mapped("sgn", {-2, 0, 3}), (std::vector<double>{-1, 0, 1}));
  EXPECT_TRUE(std::signbit(map_one("sgn", -0.0)));
  EXPECT_TRUE(std::isnan(map_one("sgn", NAN)));
  EXPECT_EQ(map_one("deg", std::acos(-1.0)), 180);
  EXPECT_EQ(map_one("rad", 180), std::acos(-1.0));
  EXPECT_EQ(mapped("clamp", {-5, 0.5, 9}, {-1, 1}), (std::vector<double>{-1, 0.5, 1}));
  EXPECT_EQ(mapped("clamp_min", {-5, 9}, {2}), (std::vector<double>{2, 9}));
  EXPECT_EQ(mapped("clamp_max", {-5, 9}, {2}), (std::vector<double>{-5, 2}));
  EXPECT_TRUE(model::is_stale(map_one("clamp", 1, {2, 1}))) << "minimum above maximum";
  EXPECT_TRUE(std::isnan(map_one("clamp_max", 1, {NAN})));
  EXPECT_EQ(mapped("round", {2.5, -2.5, 0.4}), (std::vector<double>{3, -2, 0}));
  EXPECT_EQ(map_one("round", 1.27, {0.1}), 1.3);
  EXPECT_EQ(map_one("round", 13, {5}), 15);
}

TEST(Map, AbsOfANaNIsNeverTheStaleMarker) {
  const double trap = std::bit_cast<double>(model::kStaleBits | (1ull << 63));
  EXPECT_FALSE(model::is_stale(map_one("abs", trap)));
}

double of_two(std::string_view name, double a, double b) {
  const std::array<double, 2> arguments{a, b};
  return find_function(name)->scalar(arguments);
}
double max_of(double a, double b) { return of_two("max_of", a, b); }
double min_of(double a, double b) { return of_two("min_of", a, b); }

TEST(Scalars, MaxAndMinOfGo) {
  EXPECT_EQ(max_of(1, 2), 2);
  EXPECT_EQ(min_of(1, 2), 1);
  EXPECT_TRUE(std::isnan(max_of(1, NAN)));
  EXPECT_EQ(max_of(NAN, INFINITY), INFINITY);
  EXPECT_EQ(min_of(-INFINITY, NAN), -INFINITY);
  EXPECT_FALSE(std::signbit(max_of(-0.0, 0.0)));
  EXPECT_TRUE(std::signbit(min_of(0.0, -0.0)));
}

TEST(Dates, EqualTheCLibrarysCalendar) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto seconds = static_cast<int64_t>(random() % 40'000'000'000) - 10'000'000'000;
    const auto t = static_cast<time_t>(seconds);
    tm parts{};
    gmtime_r(&t, &parts);
    const auto v = static_cast<double>(seconds);
    ASSERT_EQ(map_one("year", v), parts.tm_year + 1900) << seconds;
    ASSERT_EQ(map_one("month", v), parts.tm_mon + 1) << seconds;
    ASSERT_EQ(map_one("day_of_month", v), parts.tm_mday) << seconds;
    ASSERT_EQ(map_one("day_of_week", v), parts.tm_wday) << seconds;
    ASSERT_EQ(map_one("day_of_year", v), parts.tm_yday + 1) << seconds;
    ASSERT_EQ(map_one("hour", v), parts.tm_hour) << seconds;
    ASSERT_EQ(map_one("minute", v), parts.tm_min) << seconds;
  }
}

TEST(Dates, DaysInMonth) {
  EXPECT_EQ(map_one("days_in_month", 951782400), 29);    // 2000-02-29
  EXPECT_EQ(map_one("days_in_month", -2203891201), 28);  // 1900-02-28 23:59:59
  EXPECT_EQ(map_one("days_in_month", 1703980800), 31);   // 2023-12-31
  EXPECT_EQ(map_one("day_of_month", 86399.9), 1) << "fractions of a second are cut off";
}

}  // namespace
}  // namespace gnomon::functions
