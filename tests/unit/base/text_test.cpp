#include "src/base/text.h"

#include <gtest/gtest.h>

namespace gnomon::base {
namespace {

TEST(Quote, PrintsAsGo) {
  EXPECT_EQ(quote(""), R"("")");
  EXPECT_EQ(quote("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(quote("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
  EXPECT_EQ(quote(std::string_view("\0\x1f\x7f", 3)), R"("\x00\x1f\x7f")");
  EXPECT_EQ(quote("žluť 日本 🙂"), R"("žluť 日本 🙂")");
  EXPECT_EQ(quote("\u00a0\u200b\ufeff"), R"("\u00a0\u200b\ufeff")");
  EXPECT_EQ(quote("\U000e0001"), R"("\U000e0001")");
  EXPECT_EQ(quote("a\xff"
                  "b\xc3"),
            R"("a\xffb\xc3")");
}

TEST(Utf8, ValidAndNot) {
  for (std::string_view text : {"", "plain ascii, long enough for words", "žluť", "日本語", "🙂",
                                "\xf4\x8f\xbf\xbf", "12345678é"}) {
    EXPECT_TRUE(valid_utf8(text)) << text;
  }
  for (std::string_view text :
       {"\xff", "\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf0\x80\x80\x80", "12345678\xe2\x82", "1234567\xe2\x82(", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(valid_utf8(text));
  }
}

TEST(Duration, Prints) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(1), "1ms");
  EXPECT_EQ(format_duration(300'000), "5m");
  EXPECT_EQ(format_duration(5'400'000), "1h30m");
  EXPECT_EQ(format_duration(90LL * 86'400'000), "90d");
  EXPECT_EQ(format_duration(14LL * 86'400'000), "2w");
  EXPECT_EQ(format_duration(365LL * 86'400'000), "1y");
  EXPECT_EQ(format_duration(366LL * 86'400'000), "366d");
  EXPECT_EQ(format_duration(-61'001), "-1m1s1ms");
}

TEST(Duration, Parses) {
  EXPECT_EQ(parse_duration("0").value(), 0);
  EXPECT_EQ(parse_duration("5m").value(), 300'000);
  EXPECT_EQ(parse_duration("1y2w3d4h5m6s7ms").value(),
            ((((365 + 14 + 3) * 24LL + 4) * 60 + 5) * 60 + 6) * 1000 + 7);
  EXPECT_EQ(parse_duration("292y").value(), 292LL * 365 * 86'400'000);
  for (const int64_t ms : {1LL, 999LL, 61'001LL, 86'400'000LL, 31'536'000'001LL}) {
    EXPECT_EQ(parse_duration(format_duration(ms)).value(), ms);
  }
}

TEST(Duration, RefusesInPrometheusWords) {
  const auto message = [](std::string_view text) {
    const auto parsed = parse_duration(text);
    return parsed.ok() ? std::string("no error") : parsed.error().message;
  };
  EXPECT_EQ(message(""), "empty duration string");
  EXPECT_EQ(message("5m1h"), R"(not a valid duration string: "5m1h")");
  EXPECT_EQ(message("5m5m"), R"(not a valid duration string: "5m5m")");
  EXPECT_EQ(message("1.5h"), R"(unknown unit "." in duration "1.5h")");
  EXPECT_EQ(message("5"), R"(not a valid duration string: "5")");
  EXPECT_EQ(message("-5m"), R"(not a valid duration string: "-5m")");
  EXPECT_EQ(message("5y1hs"), R"(unknown unit "hs" in duration "5y1hs")");
  EXPECT_EQ(message("300y"), "duration out of range");
  EXPECT_EQ(message("292y292y"), R"(not a valid duration string: "292y292y")");
  EXPECT_EQ(message("99999999999999999999s"),
            R"(not a valid duration string: "99999999999999999999s")");
}

TEST(ErrorKind, NamesArePrometheus) {
  EXPECT_EQ(error_kind_name(ErrorKind::BadData), "bad_data");
  EXPECT_EQ(error_kind_name(ErrorKind::NotAcceptable), "not_acceptable");
}

}  // namespace
}  // namespace gnomon::base
