#include "tests/unit/promql/golden.h"

#include <gtest/gtest.h>

#include "src/promql/parser.h"
#include "src/promql/printer.h"

namespace gnomon::promql {
namespace {

Features features(const GoldenCase& each) {
  Features features;
  features.experimental_functions = each.all_features;
  features.extended_range_selectors = each.all_features;
  features.binop_fill_modifiers = each.all_features;
  return features;
}

TEST(Golden, Errors) {
  const auto cases = read_golden("errors.txt");
  ASSERT_GT(cases.size(), 350u);
  for (const GoldenCase& each : cases) {
    const auto expr = parse(each.query, features(each));
    ASSERT_FALSE(expr.ok()) << each.query;
    EXPECT_EQ(expr.error().kind, ErrorKind::BadData);
    EXPECT_EQ(expr.error().message, each.answer) << each.query;
  }
}

TEST(Golden, Print) {
  const auto cases = read_golden("print.txt");
  ASSERT_GT(cases.size(), 150u);
  for (const GoldenCase& each : cases) {
    const auto expr = parse(each.query, features(each));
    ASSERT_TRUE(expr.ok()) << each.query << "\n" << expr.error().message;
    const std::string text = to_string(**expr);
    EXPECT_EQ(text, each.answer) << each.query;
    const auto again = parse(text, features(each));
    ASSERT_TRUE(again.ok()) << text << "\n" << again.error().message;
    EXPECT_EQ(to_string(**again), text);
    EXPECT_EQ(to_string(*clone(**expr)), text);
  }
}

TEST(Golden, Prettify) {
  const auto cases = read_golden("prettify.txt");
  ASSERT_GT(cases.size(), 10u);
  for (const GoldenCase& each : cases) {
    const auto expr = parse(each.query, features(each));
    ASSERT_TRUE(expr.ok()) << each.query << "\n" << expr.error().message;
    const std::string text = prettify(**expr);
    EXPECT_EQ(text, each.answer) << each.query;
    const auto again = parse(text, features(each));
    ASSERT_TRUE(again.ok()) << text << "\n" << again.error().message;
    EXPECT_EQ(prettify(**again), text);
  }
}

}  // namespace
}  // namespace gnomon::promql
