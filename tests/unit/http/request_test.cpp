// Parameters and their decoding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/message.h"
#include "http/prometheus/parameters.h"
#include "src/base/limits.h"

namespace gnomon::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

Parameters form(std::string_view text) {
  Parameters parameters;
  decode_form(text, parameters);
  return parameters;
}

TEST(Form, PairsAreDecodedInOrder) {
  Parameters parameters = form("a=1&b=x+y%2B&&a=2&c&=d&e=f=g&%61=3");
  EXPECT_THAT(parameters.pairs,
              ElementsAre(Pair("a", "1"), Pair("b", "x y+"), Pair("a", "2"), Pair("c", ""),
                          Pair("", "d"), Pair("e", "f=g"), Pair("a", "3")));
  EXPECT_EQ(parameters.error, "");
  EXPECT_EQ(parameters.get("a"), "1");
  EXPECT_EQ(parameters.get("z"), "");
  EXPECT_THAT(parameters.all("a"), ElementsAre("1", "2", "3"));
}

TEST(Form, BrokenPairsAreLeftOutAndTheFirstIsNamed) {
  Parameters parameters = form("a=%zz&b=%4&c=1;d=2&e=1");
  EXPECT_THAT(parameters.pairs, ElementsAre(Pair("e", "1")));
  EXPECT_EQ(parameters.error, "invalid URL escape \"%zz\"");
  EXPECT_EQ(form("a=1;b").error, "invalid semicolon separator in query");
  EXPECT_EQ(form("a=%").error, "invalid URL escape \"%\"");
}

TEST(Form, HasNoMoreParametersThanTheLimit) {
  std::string text;
  for (size_t i = 0; i < base::kHttpParametersMax; ++i) text += "a&";
  EXPECT_EQ(form(text).error, "");
  const Parameters parameters = form(text + "b");
  EXPECT_EQ(parameters.pairs.size(), base::kHttpParametersMax);
  EXPECT_EQ(parameters.error, "more than 10000 parameters");
}

TEST(Form, PathsKeepTheirPluses) {
  std::string out;
  EXPECT_TRUE(decode_percent("a+b%2fc", out));
  EXPECT_EQ(out, "a+b/c");
  EXPECT_FALSE(decode_percent("a%2", out));
}

TEST(Headers, NamesMatchInAnyCase) {
  Headers headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(find_header(headers, "CONTENT-TYPE"), "a");
  EXPECT_EQ(find_header(headers, "Content"), "");
}

TEST(Time, IsReadAsByPrometheus) {
  const std::pair<std::string_view, int64_t> cases[] = {
      {"0", 0},
      {"1.5", 1500},
      {"-1.5", -1500},
      {"1e9", 1'000'000'000'000},
      {"1700000000.781", 1'700'000'000'781},
      {"1700000000.7815", 1'700'000'000'782},
      {"0.0004", 0},
      {"0x1p4", 16'000},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.5Z", -500},
      {"2024-02-29T12:00:00.123456789+01:30", 1'709'202'600'123},
      {"0001-01-01T00:00:00Z", -62'135'596'800'000},
      {"9999-12-31T23:59:59Z", 253'402'300'799'000},
      {"-292273086-05-16T16:47:06Z", -9'223'309'901'257'974'000},
      {"292277025-08-18T07:12:54.999999999Z", 9'223'309'901'257'974'999},
  };
  for (const auto& [text, ms] : cases) {
    auto time = prometheus::parse_time(text);
    ASSERT_TRUE(time.ok()) << text;
    EXPECT_EQ(*time, ms) << text;
  }
  for (std::string_view text :
       {"", "x", "0x10", "NaN", "+Inf", "1e300", "2023-02-29T00:00:00Z", "2023-01-01",
        "2023-01-01T00:00:00", "2023-01-01T00:00:00.Z", "2023-01-01T24:00:00Z",
        "2023-01-01 00:00:00Z", "2023-01-01T00:00:00Zx", "1 "}) {
    auto time = prometheus::parse_time(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.error().message,
              "cannot parse \"" + std::string(text) + "\" to a valid timestamp");
  }
}

TEST(Duration, IsSecondsOrUnits) {
  EXPECT_EQ(*prometheus::parse_duration_ns("1.5"), 1'500'000'000);
  EXPECT_EQ(*prometheus::parse_duration_ns("1m30s"), 90'000'000'000);
  EXPECT_EQ(*prometheus::parse_duration_ns("-1"), -1'000'000'000);
  EXPECT_EQ(prometheus::parse_duration_ns("1e10").error().message,
            "cannot parse \"1e10\" to a valid duration. It overflows int64");
  EXPECT_EQ(prometheus::parse_duration_ns("NaN").ok(), false);
  EXPECT_EQ(prometheus::parse_duration_ns("1q").error().message,
            "cannot parse \"1q\" to a valid duration");
}

TEST(Limit, IsANonNegativeInteger) {
  auto limit = [](std::string text) {
    Request request;
    request.parameters.pairs.emplace_back("limit", std::move(text));
    return prometheus::limit_parameter(request);
  };
  EXPECT_EQ(*limit(""), 0u);
  EXPECT_EQ(*limit("7"), 7u);
  EXPECT_EQ(*limit("+7"), 7u);
  const std::pair<std::string, std::string> bad[] = {
      {"-1", "limit must be non-negative"},
      {"1.5", "strconv.Atoi: parsing \"1.5\": invalid syntax"},
      {"+-1", "strconv.Atoi: parsing \"+-1\": invalid syntax"},
      {" 1", "strconv.Atoi: parsing \" 1\": invalid syntax"},
      {"99999999999999999999",
       "strconv.Atoi: parsing \"99999999999999999999\": value out of range"},
  };
  for (const auto& [text, message] : bad) {
    ASSERT_FALSE(limit(text).ok()) << text;
    EXPECT_EQ(limit(text).error().message, "invalid parameter \"limit\": " + message);
  }
}

}  // namespace
}  // namespace gnomon::http
