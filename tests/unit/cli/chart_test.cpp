#include "src/cli/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/cli/table.h"

namespace gnomon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Chart, DrawsALineFromCornerToCornerWithAxesAndLegend) {
  ChartFrame frame{.start_ms = 0, .end_ms = 3'000, .step_ms = 1'000, .columns = 13, .rows = 2};
  const ChartSeries rising{"up", {{0, 0}, {1'000, 1}, {2'000, 2}, {3'000, 3}}};
  EXPECT_EQ(render_chart({rising}, frame),
            "  3 ┤     ⣀⠤⠤⠒⠉\n"
            "  0 ┤⣀⠤⠔⠊⠉     \n"
            "    └──────────\n"
            "     00:00:00 00:00:03 UTC\n"
            "  series  last  min  max\n"
            "━ up         3    0    3\n");
}

TEST(Chart, NothingFiniteLeavesOnlyTheLegend) {
  ChartFrame frame{.start_ms = 0, .end_ms = 1'000};
  const std::string text = render_chart({{"a", {{0, NAN}, {1'000, INFINITY}}}}, frame);
  EXPECT_THAT(text, Not(HasSubstr("┤")));
  EXPECT_THAT(text, HasSubstr("a       +Inf  +Inf  +Inf"));
}

TEST(Chart, ManySeriesAreCutInTheLegend) {
  std::vector<ChartSeries> series(25, ChartSeries{"s", {{0, 1}}});
  EXPECT_THAT(render_chart(series, ChartFrame{}), HasSubstr("and 5 more series"));
}

TEST(Chart, GapsAreNotJoined) {
  ChartFrame frame{.start_ms = 0, .end_ms = 9'000, .step_ms = 1'000, .columns = 30, .rows = 1};
  const std::string text = render_chart({{"a", {{0, 1}, {9'000, 1}}}}, frame);
  EXPECT_THAT(text, HasSubstr("    "));
}

TEST(Chart, ColorsOnlyWhenAsked) {
  ChartFrame frame{.start_ms = 0, .end_ms = 1'000};
  EXPECT_THAT(render_chart({{"a", {{0, 1}}}}, frame), Not(HasSubstr("\x1b[")));
  frame.color = true;
  EXPECT_THAT(render_chart({{"a", {{0, 1}}}}, frame), HasSubstr("\x1b[36m"));
}

TEST(Chart, ShortNumbers) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.25), "0.25");
  EXPECT_EQ(short_number(-12'500), "-12.5k");
  EXPECT_EQ(short_number(3.2e6), "3.2M");
  EXPECT_EQ(short_number(1e-7), "1e-07");
  EXPECT_EQ(short_number(1e20), "1e+20");
  EXPECT_EQ(short_number(INFINITY), "+Inf");
}

TEST(Table, ColumnsLineUpByCharacters) {
  EXPECT_EQ(
      render_table({"job", "value"}, {Align::Left, Align::Right}, {{"ä", "1"}, {"longer", "12.5"}}),
      "job     value\n"
      "ä           1\n"
      "longer   12.5\n");
}

TEST(Table, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(render_csv({"a", "b"}, {{"x,y", "say \"hi\""}, {"plain", ""}}),
            "a,b\n\"x,y\",\"say \"\"hi\"\"\"\nplain,\n");
}

}  // namespace
}  // namespace gnomon::cli
