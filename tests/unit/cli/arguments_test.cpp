#include "src/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gnomon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Options {
  std::string store = "memory:";
  int64_t timeout_ms = 120'000;
  uint64_t samples = 50;
  bool quick = false;
  std::vector<std::string> features;
  Usage usage;

  Options() {
    usage.command = "demo";
    usage.positional = "EXPR";
    usage.description = "Shows options.";
    usage.positionals_max = 1;
    usage.flags = {
        text_flag("store", "URL", store, "Storage", "Where the data lives."),
        duration_flag("query.timeout", timeout_ms, "Queries", "Longest time of a query."),
        count_flag("query.max-samples", samples, "Queries", "Most samples of a query."),
        switch_flag("quick", quick, "Queries", "No long work."),
        {"enable-feature", "LIST", "", "Queries", "Features.",
         [this](std::string_view value) -> Result<void> {
           features.emplace_back(value);
           return {};
         }},
    };
  }
};

TEST(Arguments, ValuesMayFollowOrBeAttached) {
  Options options;
  const auto parsed = parse_arguments(
      options.usage, std::vector<std::string>{"--store", "sqlite:a=b.db", "--query.timeout=1m30s",
                                              "up", "--query.max-samples", "7", "--quick"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_THAT(parsed->positionals, ElementsAre("up"));
  EXPECT_EQ(options.store, "sqlite:a=b.db");
  EXPECT_EQ(options.timeout_ms, 90'000);
  EXPECT_EQ(options.samples, 7u);
  EXPECT_TRUE(options.quick);
}

TEST(Arguments, RepeatedOptionsAllCount) {
  Options options;
  ASSERT_TRUE(parse_arguments(options.usage, std::vector<std::string>{"--enable-feature", "a,b",
                                                                      "--enable-feature=c"})
                  .ok());
  EXPECT_THAT(options.features, ElementsAre("a,b", "c"));
}

TEST(Arguments, AfterTwoDashesNothingIsAnOption) {
  Options options;
  const auto parsed = parse_arguments(options.usage, std::vector<std::string>{"--", "--up"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->positionals, ElementsAre("--up"));
}

TEST(Arguments, ANegativeExpressionIsNotAnOption) {
  Options options;
  const auto parsed = parse_arguments(options.usage, std::vector<std::string>{"-up"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->positionals, ElementsAre("-up"));
}

TEST(Arguments, MistakesAreNamed) {
  const auto message = [](std::vector<std::string> arguments) {
    Options options;
    const auto parsed = parse_arguments(options.usage, arguments);
    return parsed.ok() ? std::string("no error") : parsed.error().message;
  };
  EXPECT_EQ(message({"--stor", "x"}), "unknown option \"--stor\"; did you mean \"--store\"?");
  EXPECT_EQ(message({"--timeout", "x"}),
            "unknown option \"--timeout\"; did you mean \"--query.timeout\"?");
  EXPECT_EQ(message({"--zzzzzzz"}), "unknown option \"--zzzzzzz\"");
  EXPECT_EQ(message({"--store"}), "option --store needs a value (URL)");
  EXPECT_EQ(message({"--quick=yes"}), "option --quick takes no value");
  EXPECT_EQ(message({"a", "b"}), "unexpected argument \"b\"");
  EXPECT_EQ(message({"--query.max-samples", "-1"}),
            "bad value for --query.max-samples: not a whole number: \"-1\"");
  EXPECT_THAT(message({"--query.timeout", "soon"}), HasSubstr("bad value for --query.timeout: "));
}

TEST(Arguments, MissingPositionalIsNamed) {
  Options options;
  options.usage.positionals_min = 1;
  EXPECT_EQ(parse_arguments(options.usage, std::vector<std::string>{}).error().message,
            "missing argument: EXPR");
}

TEST(Arguments, HelpGroupsFlagsAndShowsDefaults) {
  Options options;
  EXPECT_TRUE(parse_arguments(options.usage, std::vector<std::string>{"--help"})->help);
  EXPECT_EQ(help_page(options.usage, 60),
            "Usage: gnomon demo [options] EXPR\n"
            "\n"
            "Shows options.\n"
            "\n"
            "Storage:\n"
            "  --store URL                     Where the data lives.\n"
            "                                  (default: memory:)\n"
            "\n"
            "Queries:\n"
            "  --query.timeout DURATION        Longest time of a query.\n"
            "                                  (default: 2m)\n"
            "  --query.max-samples N           Most samples of a query.\n"
            "                                  (default: 50)\n"
            "  --quick                         No long work.\n"
            "  --enable-feature LIST           Features.\n");
}

}  // namespace
}  // namespace gnomon::cli
