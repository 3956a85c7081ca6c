// The runner itself: it must read the language and notice wrong answers.

#include "tests/conformance/script.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/engine/engine.h"
#include "tests/conformance/judge.h"
#include "tests/conformance/pin.h"
#include "tests/conformance/runner.h"

namespace gnomon::conformance {
namespace {

std::vector<double> floats(std::string_view text) {
  std::vector<double> found;
  const auto items = parse_items(text);
  EXPECT_TRUE(items.ok()) << text;
  if (!items.ok()) return found;
  for (const Item& item : *items) found.push_back(item.present ? item.value : -1000);
  return found;
}

TEST(SeriesText, ExpandsRepeatsGapsAndSteps) {
  EXPECT_EQ(floats("1+2x2 5 _ 7x1 _x2 3-1x1"),
            (std::vector<double>{1, 3, 5, 5, -1000, 7, 7, -1000, -1000, 3, 2}));
  EXPECT_TRUE(std::signbit(floats("-0x1")[1]));
  EXPECT_EQ(floats("-1.5e2 -Inf"),
            (std::vector<double>{-150, -std::numeric_limits<double>::infinity()}));
  EXPECT_TRUE(model::is_stale((*parse_items("stale"))[0].value));
  EXPECT_FALSE(parse_items("1+x").ok());
  EXPECT_FALSE(parse_items("1 2y").ok());
}

TEST(SeriesText, ReadsMetrics) {
  std::string_view text = R"(up{job="a b", x='q"'} 1)";
  const auto labels = take_metric(text);
  ASSERT_TRUE(labels.ok());
  EXPECT_EQ(*labels, model::Labels::from({{"__name__", "up"}, {"job", "a b"}, {"x", "q\""}}));
  EXPECT_EQ(text, " 1");
  text = R"({"odd name", "odd.label"="v"} 1)";
  EXPECT_EQ(*take_metric(text),
            model::Labels::from({{"__name__", "odd name"}, {"odd.label", "v"}}));
}

TEST(SeriesText, ReadsHistogramsAndTheirSums) {
  const auto items = parse_items(
      "{{schema:1 sum:4 count:3 z_bucket:1 buckets:[1 0 1] offset:-1}}+{{schema:1 "
      "sum:1 count:1 buckets:[1]}}x2");
  ASSERT_TRUE(items.ok()) << items.error().message;
  ASSERT_EQ(items->size(), 3u);
  const model::Histogram& last = *(*items)[2].histogram;
  EXPECT_EQ(last.count, 5);
  EXPECT_EQ(last.sum, 6);
  EXPECT_EQ(last.zero_count, 1);
  EXPECT_EQ(last.positive_buckets, (std::vector<double>{1, 2, 1}));
  EXPECT_EQ(last.positive_spans, (std::vector<model::BucketSpan>{{-1, 3}}));
  EXPECT_FALSE(parse_items("{{shema:1}}").ok());
}

TEST(Script, ReadsCommandsAndExpectations) {
  const auto script = parse_script(R"(#: features use-start-timestamps
load 1m
  a 1 2
  # a comment ends the block

eval range from -1m to 10m step 30s a
  expect no_warn
  expect info msg: hello
  a _ 1

clear
eval instant at 5m 1 +
  expect fail regex: parse .rror
)");
  ASSERT_TRUE(script.ok()) << script.error().message;
  EXPECT_TRUE(script->features.use_start_timestamps);
  ASSERT_EQ(script->commands.size(), 4u);
  const Eval& range = std::get<Eval>(script->commands[1].body);
  EXPECT_EQ(range.grid, (model::TimeGrid{-60'000, 600'000, 30'000}));
  EXPECT_EQ(range.expression, "a");
  EXPECT_TRUE(range.no_warnings);
  EXPECT_TRUE(range.infos[0].matches("hello"));
  EXPECT_FALSE(range.infos[0].matches("hello, world"));
  EXPECT_TRUE(std::get<Eval>(script->commands[3].body).failures[0].matches("a parse error"));
  EXPECT_EQ(parse_script("load 1m\n  a 1 b\n").error().message.substr(0, 8), "line 1: ");
  EXPECT_FALSE(parse_script("eval instant\n").ok());
}

class Judge : public ::testing::Test {
 protected:
  std::string verdict(std::string_view expected, model::Value value) {
    auto script = parse_script("eval instant at 1m x\n" + std::string(expected));
    EXPECT_TRUE(script.ok()) << script.error().message;
    engine::QueryAnswer answer;
    answer.value = std::move(value);
    answer.annotations.add_plain("note");
    return judge(std::get<Eval>(script->commands[0].body), std::move(answer));
  }
  const model::Labels a_ = model::Labels::from({{"__name__", "a"}});
  const model::Labels b_ = model::Labels::from({{"__name__", "b"}});
};

TEST_F(Judge, AcceptsWhatIsExpected) {
  EXPECT_EQ(verdict("a 1\nb 2\n",
                    model::Vector{{b_, 60'000, 2.0000001, nullptr}, {a_, 60'000, 1, nullptr}}),
            "");
  EXPECT_EQ(verdict("2.5\n", model::Scalar{60'000, 2.5}), "");
  EXPECT_EQ(verdict("expect string \"s\"\n", model::String{60'000, "s"}), "");
  EXPECT_EQ(verdict("expect warn msg: note\na 1\n", model::Vector{{a_, 60'000, 1, nullptr}}), "");
}

TEST_F(Judge, NoticesWhatIsWrong) {
  const model::Vector one = {{a_, 60'000, 1, nullptr}};
  EXPECT_NE(verdict("a 1.00001\n", one), "");
  EXPECT_NE(verdict("b 1\n", one), "");
  EXPECT_NE(verdict("a 1\nb 1\n", one), "");
  EXPECT_NE(verdict("", one), "");
  EXPECT_NE(verdict("a {{count:1}}\n", one), "");
  EXPECT_NE(verdict("1\n", one), "");
  EXPECT_NE(verdict("expect fail\n", one), "");
  EXPECT_NE(verdict("expect no_warn\na 1\n", one), "");
  EXPECT_NE(verdict("expect warn msg: other\na 1\n", one), "");
  EXPECT_NE(verdict("expect info\na 1\n", one), "");
  EXPECT_NE(verdict("expect ordered\nb 1\na 1\n",
                    model::Vector{{a_, 60'000, 1, nullptr}, {b_, 60'000, 1, nullptr}}),
            "");
  EXPECT_NE(verdict("2.5\n", model::Scalar{60'000, 2.6}), "");
  EXPECT_NE(verdict("expect string \"s\"\n", model::String{60'000, "t"}), "");
  EXPECT_NE(verdict("a 1\n", model::Vector{{a_, 60'000, 1, nullptr}, {a_, 60'000, 1, nullptr}}),
            "");
}

TEST_F(Judge, WantsTheErrorsText) {
  auto script = parse_script("eval instant at 1m x\nexpect fail msg: boom\n");
  const Eval& eval = std::get<Eval>(script->commands[0].body);
  EXPECT_EQ(judge(eval, Error{ErrorKind::Execution, "boom"}), "");
  EXPECT_NE(judge(eval, Error{ErrorKind::Execution, "bang"}), "");
}

TEST(Runner, PinsSelectorsToATime) {
  const auto pin = [](const std::string& text) { return pinned(text, {}, 1'500).value_or("none"); };
  EXPECT_EQ(pin("sum(rate(a[5m])) / b offset 1m"),
            "sum(rate(a[5m] @ 1.500)) / b @ 1.500 offset 1m");
  EXPECT_EQ(pin("max_over_time(a[5m:1m]) + a @ 7"), "max_over_time(a[5m:1m] @ 1.500) + a @ 7.000");
  EXPECT_EQ(pin("a * time()"), "none");
  EXPECT_EQ(pin("a @ start()"), "none");
  EXPECT_EQ(pin("a +"), "none");
}

TEST(Runner, KnowsCallsThatDependOnTheGrid) {
  EXPECT_TRUE(depends_on_grid("a @ start()"));
  EXPECT_FALSE(depends_on_grid("restart(a)"));
}

}  // namespace
}  // namespace gnomon::conformance
