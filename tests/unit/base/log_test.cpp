#include "src/base/log.h"

#include <gtest/gtest.h>

namespace gnomon::base {
namespace {

TEST(Log, LinesAreLogfmtWithUtcMilliseconds) {
  EXPECT_EQ(format_log_line(1'435'781'451'781, LogLevel::Info, "Serving",
                            {{"url", "http://localhost:9090"}, {"n", "1"}}),
            "time=2015-07-01T20:10:51.781Z level=INFO msg=Serving url=http://localhost:9090 n=1");
}

TEST(Log, ValuesAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(format_log_line(7, LogLevel::Error, "Cannot serve",
                            {{"err", "a \"b\"\nc"}, {"empty", ""}, {"sum", "x=y"}}),
            "time=1970-01-01T00:00:00.007Z level=ERROR msg=\"Cannot serve\" "
            "err=\"a \\\"b\\\"\\nc\" empty=\"\" sum=\"x=y\"");
}

TEST(Log, LevelsHaveLowerCaseNames) {
  EXPECT_EQ(parse_log_level("warn"), LogLevel::Warn);
  EXPECT_EQ(parse_log_level("debug"), LogLevel::Debug);
  EXPECT_EQ(parse_log_level("WARN"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
}

TEST(Log, LinesBelowTheLevelAreDropped) {
  ::testing::internal::CaptureStderr();
  set_log_level(LogLevel::Error);
  log(LogLevel::Warn, "hidden");
  set_log_level(LogLevel::Info);
  log(LogLevel::Warn, "shown");
  log(LogLevel::Debug, "hidden");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find(" level=WARN msg=shown\n"), std::string::npos);
  EXPECT_EQ(text.find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace gnomon::base
