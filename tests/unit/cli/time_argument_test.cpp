#include "src/cli/time_argument.h"

#include <gtest/gtest.h>

namespace gnomon::cli {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

TEST(TimeArgument, TakesTheUsualSpellings) {
  EXPECT_EQ(*parse_time_argument("now", kNow), kNow);
  EXPECT_EQ(*parse_time_argument("-1h30m", kNow), kNow - 5'400'000);
  EXPECT_EQ(*parse_time_argument("1435781451.781", kNow), 1'435'781'451'781);
  EXPECT_EQ(*parse_time_argument("-5", kNow), -5'000);
  EXPECT_EQ(*parse_time_argument("2015-07-01T20:10:51.781Z", kNow), 1'435'781'451'781);
  EXPECT_EQ(*parse_time_argument("2015-07-01T22:10:51+02:00", kNow), 1'435'781'451'000);
}

TEST(TimeArgument, RefusesTheRest) {
  for (const char* text : {"", "yesterday", "2015-07-01", "2015-07-01T20:10:51", "NaN", "1e300"}) {
    EXPECT_FALSE(parse_time_argument(text, kNow).ok()) << text;
  }
}

TEST(TimeArgument, StepsAreNatural) {
  EXPECT_EQ(natural_step_ms(0, 3'600'000, 160), 30'000);
  EXPECT_EQ(natural_step_ms(0, 10'000, 160), 1'000);
  EXPECT_EQ(natural_step_ms(0, 86'400'000ll * 365, 100), 4 * 86'400'000ll);
}

TEST(TimeArgument, SecondsKeepTheirMilliseconds) {
  EXPECT_EQ(seconds_text(1'435'781'451'781), "1435781451.781");
  EXPECT_EQ(seconds_text(-500), "-0.5");
}

}  // namespace
}  // namespace gnomon::cli
