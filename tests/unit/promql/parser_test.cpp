#include "src/promql/parser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "src/base/limits.h"
#include "src/promql/printer.h"
#include "src/promql/walk.h"

namespace gnomon::promql {
namespace {

constexpr Features kAll{
    .experimental_functions = true, .extended_range_selectors = true, .binop_fill_modifiers = true};

ExprPtr parsed(std::string_view text) {
  auto expr = parse(text, kAll);
  EXPECT_TRUE(expr.ok()) << text << ": " << (expr.ok() ? "" : expr.error().message);
  return expr.ok() ? std::move(expr).value() : nullptr;
}

std::string error(std::string_view text) {
  auto expr = parse(text, kAll);
  return expr.ok() ? "no error" : expr.error().message;
}

double number(std::string_view text) {
  const ExprPtr expr = parsed(text);
  return std::get<NumberLiteral>(expr->node).value;
}

std::string repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Parser, Numbers) {
  EXPECT_EQ(number("0755"), 493);
  EXPECT_EQ(number("08"), 8);
  EXPECT_EQ(number("0x_FF"), 255);
  EXPECT_EQ(number("0X1f"), 31);
  EXPECT_EQ(number("1_000.5_0e1_0"), 1000.5e10);
  EXPECT_EQ(number("9223372036854775807"), 9223372036854775807.0);
  EXPECT_EQ(number("9223372036854775808"), 9223372036854775808.0);
  EXPECT_EQ(number("1e-400"), 0);
  EXPECT_EQ(number("5e-324"), 5e-324);
  EXPECT_EQ(number("5m"), 300);
  EXPECT_EQ(number("1ms"), 0.001);
  EXPECT_EQ(number("1y1w"), 372 * 86400);
  EXPECT_EQ(number("-iNf"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(number("NAN")));
}

TEST(Parser, Strings) {
  const auto text = [](std::string_view query) {
    return std::get<StringLiteral>(parsed(query)->node).value;
  };
  EXPECT_EQ(text(R"("\a\b\f\n\r\t\v\\\"'")"), "\a\b\f\n\r\t\v\\\"'");
  EXPECT_EQ(text(R"('\'"')"), "'\"");
  EXPECT_EQ(text(R"("\101\x41\u00e9\U0001F600")"), "AA\u00e9\U0001F600");
  EXPECT_EQ(text(R"("\377\xff")"), "\xff\xff");
  EXPECT_EQ(text("`a\\n\n'\"`"), "a\\n\n'\"");
}

TEST(Parser, SelectorParts) {
  const ExprPtr expr = parsed("x{a=\"b\"} @ 1.5 offset -5m");
  const auto& selector = std::get<VectorSelector>(expr->node);
  EXPECT_EQ(selector.name, "x");
  ASSERT_EQ(selector.matchers.size(), 2u);
  EXPECT_EQ(model::to_string(selector.matchers[0]), "a=\"b\"");
  EXPECT_EQ(model::to_string(selector.matchers[1]), "__name__=\"x\"");
  EXPECT_EQ(selector.time.at, AtKind::Timestamp);
  EXPECT_EQ(selector.time.at_ms, 1500);
  EXPECT_EQ(selector.time.offset.ms, -300'000);
  EXPECT_EQ(expr->position, (PositionRange{0, 25}));
}

TEST(Parser, Durations) {
  const ExprPtr expr = parsed("rate(x[1.5])[5m:1m] offset 0.0019");
  const auto& subquery = std::get<Subquery>(expr->node);
  EXPECT_EQ(subquery.range.ms, 300'000);
  EXPECT_EQ(subquery.step.ms, 60'000);
  EXPECT_EQ(subquery.time.offset.ms, 1);
  const auto& call = std::get<Call>(subquery.expr->node);
  EXPECT_EQ(std::get<MatrixSelector>(call.arguments[0]->node).range.ms, 1'500);
}

TEST(Parser, Types) {
  EXPECT_EQ(parsed("1")->type, ValueType::Scalar);
  EXPECT_EQ(parsed("(\"a\")")->type, ValueType::String);
  EXPECT_EQ(parsed("1 + time()")->type, ValueType::Scalar);
  EXPECT_EQ(parsed("1 + x")->type, ValueType::InstantVector);
  EXPECT_EQ(parsed("sum(x)")->type, ValueType::InstantVector);
  EXPECT_EQ(parsed("x[5m]")->type, ValueType::RangeVector);
  EXPECT_EQ(parsed("x[5m:]")->type, ValueType::RangeVector);
}

TEST(Parser, VectorMatching) {
  const auto matching = [](std::string_view query) {
    const ExprPtr expr = parsed(query);
    return std::get<Binary>(expr->node).matching;
  };
  EXPECT_FALSE(matching("1 + x").has_value());
  EXPECT_FALSE(matching("x + 1").has_value());
  EXPECT_EQ(matching("x + y")->card, Cardinality::OneToOne);
  EXPECT_EQ(matching("x and y")->card, Cardinality::ManyToMany);
  const auto full = matching("x + on(a) group_right(b) fill_left(1) fill_right(-2) y");
  EXPECT_EQ(full->card, Cardinality::OneToMany);
  EXPECT_TRUE(full->on);
  EXPECT_EQ(full->labels, std::vector<std::string>{"a"});
  EXPECT_EQ(full->include, std::vector<std::string>{"b"});
  EXPECT_EQ(full->fill_left, 1);
  EXPECT_EQ(full->fill_right, -2);
}

TEST(Parser, Selectors) {
  std::string names;
  const ExprPtr expr = parsed("a + topk(scalar(b), c{x=\"y\"}) / rate(d[5m]) or e");
  for (const model::Matchers& matchers : selectors(*expr)) names += matchers.back().value();
  EXPECT_EQ(names, "abcde");
}

TEST(Parser, MatchSelector) {
  const auto matchers = parse_selector("up{job=\"a\"}");
  ASSERT_TRUE(matchers.ok());
  ASSERT_EQ(matchers->size(), 2u);
  EXPECT_TRUE(parse_selector("{}").ok());
  EXPECT_EQ(parse_selector("up + 1").error().message, "1:4: parse error: unexpected <op:+>");
  EXPECT_EQ(parse_selector("").error().message,
            "unknown position: parse error: unexpected end of input");
  EXPECT_EQ(parse_selector("up[5m]").error().message, "1:3: parse error: unexpected \"[\"");
}

TEST(Parser, HugeQueriesAreErrors) {
  EXPECT_EQ(error("(" + repeat("-{}-1", 10'000) + ")" + repeat("[1m:]", 1'000)),
            "1:3: parse error: vector selector must contain at least one non-empty matcher");
  const std::string deep =
      "query is nested more than " + std::to_string(base::kQueryDepthMax) + " levels deep";
  const std::string at = std::to_string(base::kQueryDepthMax + 1);
  for (const char* open : {"(", "-", "abs(", "x^(", "sum by (a) ("}) {
    EXPECT_NE(error(repeat(open, 50'000)).find(deep), std::string::npos) << open;
  }
  EXPECT_EQ(error(repeat("(", 100'000)), "1:" + at + ": parse error: " + deep);
  for (const char* chain : {"x+", "x or ", "x^", "x == ", "-x-"}) {
    EXPECT_NE(error(repeat(chain, 10'000) + "x").find(deep), std::string::npos) << chain;
  }
  EXPECT_NE(error("x[" + repeat("1+", 50'000) + "1]").find(deep), std::string::npos);
  EXPECT_EQ(error(repeat("x ", 10) + repeat(" ", base::kQueryBytesMax)),
            "1:1: parse error: query is longer than 1048576 bytes");
  EXPECT_EQ(error("abs(" + repeat("1,", 150'000) + "x)"),
            "1:200003: parse error: query has more than 200000 tokens");
}

TEST(Parser, AsDeepAsAllowed) {
  const size_t depth = base::kQueryDepthMax - 2;
  for (const auto& [open, close] : std::vector<std::pair<std::string, std::string>>{
           {"(", ")"}, {"abs(", ")"}, {"-", ""}, {"x^", ""}, {"x+", ""}}) {
    const ExprPtr expr = parsed(repeat(open, depth) + "x" + repeat(close, depth));
    ASSERT_NE(expr, nullptr) << open;
    const std::string text = to_string(*expr);
    EXPECT_EQ(to_string(*parsed(prettify(*expr))), text);
    EXPECT_EQ(to_string(*clone(*expr)), text);
  }
}

TEST(Parser, ManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 50; ++i) {
        const std::string query = "sum by (a" + std::to_string(i) + ") (rate(x[5m]))";
        const auto expr = parse(query, kAll);
        ASSERT_TRUE(expr.ok());
        EXPECT_EQ(to_string(**expr), query);
        EXPECT_FALSE(parse(query + ")", kAll).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace gnomon::promql
