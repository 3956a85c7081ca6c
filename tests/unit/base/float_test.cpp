#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "src/base/text.h"

namespace gnomon::base {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string json_float(double v) {
  std::array<char, 32> out;
  return {out.data(), write_json_float(out.data(), v)};
}

struct Case {
  double v;
  std::string_view plain;    // strconv.FormatFloat(v, 'f', -1, 64)
  std::string_view json;     // as Prometheus' HTTP API
  std::string_view general;  // %g
};

// The texts were printed by Go.
constexpr std::array kCases = {
    Case{0, "0", "0", "0"},
    Case{-0.0, "-0", "-0", "-0"},
    Case{1, "1", "1", "1"},
    Case{-1.5, "-1.5", "-1.5", "-1.5"},
    Case{0.1, "0.1", "0.1", "0.1"},
    Case{100000, "100000", "100000", "100000"},
    Case{1e6, "1000000", "1000000", "1e+06"},
    Case{1234567, "1234567", "1234567", "1.234567e+06"},
    Case{123456789.5, "123456789.5", "123456789.5", "1.234567895e+08"},
    Case{0.0001, "0.0001", "0.0001", "0.0001"},
    Case{0.00001, "0.00001", "0.00001", "1e-05"},
    Case{0.000001, "0.000001", "0.000001", "1e-06"},
    Case{1e-7, "0.0000001", "1e-07", "1e-07"},
    Case{1.5e-10, "0.00000000015", "1.5e-10", "1.5e-10"},
    Case{1e20, "100000000000000000000", "100000000000000000000", "1e+20"},
    Case{1e21, "1000000000000000000000", "1e+21", "1e+21"},
    Case{1e23, "100000000000000000000000", "1e+23", "1e+23"},
    Case{-1.25e22, "-12500000000000000000000", "-1.25e+22", "-1.25e+22"},
    Case{9007199254740993.0, "9007199254740992", "9007199254740992", "9.007199254740992e+15"},
    Case{0.30000000000000004, "0.30000000000000004", "0.30000000000000004", "0.30000000000000004"},
    Case{kInfinity, "+Inf", "+Inf", "+Inf"},
    Case{-kInfinity, "-Inf", "-Inf", "-Inf"},
    Case{std::numeric_limits<double>::quiet_NaN(), "NaN", "NaN", "NaN"},
};

TEST(Float, PrintsAsGo) {
  for (const Case& c : kCases) {
    EXPECT_EQ(format_float(c.v), c.plain);
    EXPECT_EQ(json_float(c.v), c.json);
    EXPECT_EQ(format_float_g(c.v), c.general);
  }
}

TEST(Float, LongestTextsFit) {
  EXPECT_EQ(format_float(5e-324).size(), 2 + 324);
  EXPECT_EQ(format_float(std::numeric_limits<double>::max()).size(), 309);
  EXPECT_EQ(json_float(-1.2345678901234567e-308), "-1.2345678901234567e-308");
}

TEST(Float, EveryBitPatternReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t bits = random();
    double v = std::bit_cast<double>(bits);
    if (i % 2 == 0) v = static_cast<double>(static_cast<int64_t>(bits) >> 20) / 1e3;
    if (std::isnan(v)) continue;
    for (const std::string& text : {format_float(v), json_float(v), format_float_g(v)}) {
      const auto back = parse_float(text);
      ASSERT_TRUE(back) << text;
      ASSERT_EQ(std::bit_cast<uint64_t>(*back), std::bit_cast<uint64_t>(v)) << text;
      ASSERT_LE(json_float(v).size(), 32u);
    }
  }
}

TEST(Float, ParsesWhatGoParses) {
  EXPECT_EQ(parse_float("1."), 1.0);
  EXPECT_EQ(parse_float(".5"), 0.5);
  EXPECT_EQ(parse_float("+1e3"), 1000.0);
  EXPECT_EQ(parse_float("0x1.8p3"), 12.0);
  EXPECT_EQ(parse_float("0X1P-2"), 0.25);
  EXPECT_EQ(parse_float("1_000"), 1000.0);
  EXPECT_EQ(parse_float("0x_1p0"), 1.0);
  EXPECT_EQ(parse_float("1e-400"), 0.0);
  EXPECT_EQ(parse_float("-inf"), -kInfinity);
  EXPECT_EQ(parse_float("Infinity"), kInfinity);
  EXPECT_EQ(std::bit_cast<uint64_t>(*parse_float("NaN")), 0x7ff8000000000001ull);
  EXPECT_EQ(std::bit_cast<uint64_t>(*parse_float("-0")), 0x8000000000000000ull);
}

TEST(Float, RefusesWhatGoRefuses) {
  for (std::string_view text :
       {"",       ".",   "+",     "e",    "1e",   "1e+",   "i",   "infin", "+nan",
        "0x",     "0x1", "0x.p1", "0x1p", "1p3",  "+Inf ", " 1",  "1 ",    "1e400",
        "-1e400", "0b1", "_1",    "1_",   "1__0", "1_.5",  "1,5", "--1"}) {
    EXPECT_FALSE(parse_float(text)) << text;
  }
}

}  // namespace
}  // namespace gnomon::base
