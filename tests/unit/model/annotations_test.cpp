#include "src/model/annotations.h"

#include <gtest/gtest.h>

namespace gnomon::model {
namespace {

using Lines = std::vector<std::string>;

TEST(Annotations, RenderWithPosition) {
  Annotations annotations;
  annotations.add(Severity::Warning, "first", {4, 5});
  annotations.add(Severity::Info, "second", {0, 3});
  annotations.add(Severity::Warning, "first", {7, 9});
  annotations.add_plain("results truncated due to limit");
  EXPECT_EQ(annotations.warnings("up\n  + down"),
            (Lines{"PromQL warning: first (2:5)", "results truncated due to limit"}));
  EXPECT_EQ(annotations.infos("up"), Lines{"PromQL info: second (1:1)"});
}

// As if operands came before what is around them, left ones before right ones; then by position.
TEST(Annotations, DoNotDependOnTheOrderOfEvaluation) {
  const std::vector<std::pair<std::string, PositionRange>> remarks = {
      {"a", {6, 8}}, {"a", {2, 4}}, {"b", {1, 9}}, {"b", {3, 9}}, {"c", {4, 5}}, {"c", {0, 5}}};
  Annotations forwards, backwards;
  for (auto r = remarks.begin(); r != remarks.end(); ++r) {
    forwards.add(Severity::Info, r->first, r->second);
  }
  for (auto r = remarks.rbegin(); r != remarks.rend(); ++r) {
    backwards.add(Severity::Info, r->first, r->second);
  }
  const Lines expected = {"PromQL info: c (1:1)", "PromQL info: b (1:2)", "PromQL info: a (1:7)"};
  EXPECT_EQ(forwards.infos("0123456789"), expected);
  EXPECT_EQ(backwards.infos("0123456789"), expected);
}

TEST(Annotations, AtMostTenEach) {
  Annotations annotations;
  for (int i = 0; i < 13; ++i) annotations.add(Severity::Info, "n" + std::to_string(i), {0, 1});
  const Lines infos = annotations.infos("up");
  ASSERT_EQ(infos.size(), 11u);
  EXPECT_EQ(infos.back(), "3 more info annotations omitted");
  EXPECT_TRUE(annotations.warnings("up").empty());
}

TEST(Annotations, MonotonicityIsMergedOverSamples) {
  Annotations a, b;
  a.add_monotonicity(R"( for metric name "x")", {0, 1}, 1, 2, 0.125, 60'000);
  b.add_monotonicity(R"( for metric name "x")", {0, 1}, 0.5, 1.5, 3, 0);
  a.merge(b);
  EXPECT_EQ(a.infos("q"),
            Lines{"PromQL info: input to histogram_quantile needed to be fixed for monotonicity "
                  "(see https://prometheus.io/docs/prometheus/latest/querying/functions/"
                  "#histogram_quantile) for metric name \"x\", from buckets 0.5 to 2, with a max "
                  "diff of 3, over 2 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z "
                  "(1:1)"});
}

TEST(Annotations, OverlappingStartTimesAreCounted) {
  const std::string text =
      "sample has start time that overlaps with previous sample timestamp for metric \"x\"";
  Annotations a, b;
  a.add(Severity::Warning, text, {0, 1});
  EXPECT_EQ(a.warnings("q + q"), Lines{"PromQL warning: " + text + " (1:1)"});
  b.add(Severity::Warning, text, {4, 5});
  b.add(Severity::Warning, text, {4, 5});
  a.merge(b);
  EXPECT_EQ(a.warnings("q + q"), Lines{"PromQL warning: " + text + " (3 occurrences) (1:1)"});
}

TEST(Annotations, Empty) {
  Annotations annotations;
  EXPECT_TRUE(annotations.empty());
  annotations.add_plain("x");
  EXPECT_FALSE(annotations.empty());
}

TEST(LineAndColumn, CountsFromOne) {
  EXPECT_EQ(line_and_column("abc", 0), "1:1");
  EXPECT_EQ(line_and_column("a\nb\nc", 4), "3:1");
  EXPECT_EQ(line_and_column("abc", 3), "1:4");
  EXPECT_EQ(line_and_column("abc", 4), "invalid position");
  EXPECT_EQ(line_and_column("", 0), "unknown position");
}

}  // namespace
}  // namespace gnomon::model
