#include "src/promql/resolve.h"

#include <gtest/gtest.h>

#include "src/promql/parser.h"
#include "src/promql/printer.h"

namespace gnomon::promql {
namespace {

constexpr model::TimeGrid kGrid{1'000'000, 1'600'000, 15'000};

ExprPtr parsed(std::string_view text) {
  auto expr = parse(text, {.experimental_functions = true});
  EXPECT_TRUE(expr.ok()) << text;
  return std::move(expr).value();
}

// The range of x[...] in milliseconds, or the error.
std::string range(std::string_view duration, bool instant = false) {
  const ExprPtr expr = parsed("x[" + std::string(duration) + "]");
  const auto done = resolve(*expr, kGrid, instant);
  if (!done.ok()) return done.error().message;
  return std::to_string(std::get<MatrixSelector>(expr->node).range.ms);
}

std::string offset(std::string_view duration) {
  const ExprPtr expr = parsed("x offset " + std::string(duration));
  const auto done = resolve(*expr, kGrid, false);
  if (!done.ok()) return done.error().message;
  return std::to_string(std::get<VectorSelector>(expr->node).time.offset.ms);
}

std::string folded(std::string_view text, const model::TimeGrid& grid, bool instant) {
  const ExprPtr expr = parsed(text);
  EXPECT_TRUE(resolve(*expr, grid, instant).ok());
  return to_string(*expr);
}

TEST(Resolve, Durations) {
  EXPECT_EQ(range("5m"), "300000");
  EXPECT_EQ(range("5m + 30s * 2"), "360000");
  EXPECT_EQ(range("(1m + 1m) ^ 2 / 1000"), "14400");
  EXPECT_EQ(range("2 ^ 3 ^ 2"), "512000");
  EXPECT_EQ(range("7m % 2m"), "60000");
  EXPECT_EQ(range("step()"), "15000");
  EXPECT_EQ(range("range() - step()"), "585000");
  EXPECT_EQ(range("min_of(step(), 1s)"), "1000");
  EXPECT_EQ(range("max_of(step(), 1s)"), "15000");
  EXPECT_EQ(range("0.0019 + 0"), "1");
  EXPECT_EQ(range("max_of(step(), 1s)", true), "1000");
  EXPECT_EQ(offset("-step()"), "-15000");
  EXPECT_EQ(offset("(1m - 2m)"), "-60000");
  EXPECT_EQ(offset("-(1m - 2m)"), "60000");
}

TEST(Resolve, DurationErrors) {
  EXPECT_EQ(range("1m - 1m"), "2:9: duration must be greater than 0");
  EXPECT_EQ(range("(1m - 2m)"), "3:10: duration must be greater than 0");
  EXPECT_EQ(range("step()", true), "2:8: duration must be greater than 0");
  EXPECT_EQ(range("-step()"), "2:9: duration must be greater than 0");
  EXPECT_EQ(range("1 / (1 - 1)"), "2:12: division by zero");
  EXPECT_EQ(range("1 % (1 - 1)"), "2:12: modulo by zero");
  EXPECT_EQ(range("(0 - 1) ^ 0.5"), "3:15: duration is NaN or infinite");
  EXPECT_EQ(range("10 ^ 400"), "2:10: duration is NaN or infinite");
  EXPECT_EQ(range("10 ^ 20"), "2:9: duration is out of range");
  EXPECT_EQ(offset("(0 - 10 ^ 20)"), "10:21: duration is out of range");
}

TEST(Resolve, StartAndEnd) {
  const ExprPtr expr = parsed("max_over_time(x[5m] @ start()) + (y @ end())");
  ASSERT_TRUE(resolve(*expr, kGrid, false).ok());
  const auto& sum = std::get<Binary>(expr->node);
  const auto& matrix = std::get<MatrixSelector>(std::get<Call>(sum.left->node).arguments[0]->node);
  EXPECT_EQ(std::get<VectorSelector>(matrix.selector->node).time.at_ms, 1'000'000);
  const auto& right = std::get<Paren>(sum.right->node).expr;
  EXPECT_EQ(std::get<VectorSelector>(right->node).time.at_ms, 1'600'000);
}

TEST(Resolve, FunctionsBecomeNumbers) {
  const std::string all = "start() + end() + range() + step() + max_of(1, 2)";
  EXPECT_EQ(folded(all, kGrid, false), "1000 + 1600 + 600 + 15 + max_of(1, 2)");
  EXPECT_EQ(folded(all, model::TimeGrid::instant(5'500), true), "5.5 + 5.5 + 0 + 0 + max_of(1, 2)");
  EXPECT_EQ(folded("step()", {1'000, 1'000, 15'000}, false), "0");
  EXPECT_EQ(folded("topk(step(), sum(x) > step())[1s + range():step()]", kGrid, false),
            "topk(15, sum(x) > 15)[1s + range():step()]");
}

}  // namespace
}  // namespace gnomon::promql
