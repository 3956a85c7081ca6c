#include "src/cli/functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "src/cli/command.h"

namespace gnomon::cli {
namespace {

std::string signature(std::string_view name) {
  return function_signature(*functions::find_function(name));
}

TEST(Functions, SignaturesTellWhatMayBeLeftOut) {
  EXPECT_EQ(signature("pi"), "pi() scalar");
  EXPECT_EQ(signature("rate"), "rate(range-vector) instant-vector");
  EXPECT_EQ(signature("round"), "round(instant-vector, [scalar]) instant-vector");
  EXPECT_EQ(signature("hour"), "hour([instant-vector]) instant-vector");
  EXPECT_EQ(signature("sort_by_label"),
            "sort_by_label(instant-vector, [string...]) instant-vector");
}

struct Output {
  int status = 0;
  std::string text;
  std::string errors;
};
Output run_with(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = run_functions(arguments);
  std::fflush(stdout);
  return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(Functions, OneIsShownInFull) {
  const Output rate = run_with({"rate"});
  EXPECT_EQ(rate.status, kExitOk);
  EXPECT_EQ(rate.text,
            "rate(range-vector) instant-vector\n\n"
            "  Growth per second of a counter over the range, extrapolated.\n");
  EXPECT_THAT(run_with({"info"}).text, testing::HasSubstr("Experimental: needs --enable-feature="));
}

TEST(Functions, UnknownOnesAreAnErrorWithNearNames) {
  const Output rates = run_with({"rtae"});
  EXPECT_EQ(rates.status, kExitFailed);
  EXPECT_EQ(rates.text, "");
  EXPECT_THAT(rates.errors,
              testing::StartsWith("gnomon: unknown function \"rtae\"; did you mean "));
  EXPECT_THAT(rates.errors, testing::HasSubstr("rate"));
  EXPECT_EQ(run_with({"zzzzzzzzzzzzzzzz_zzz"}).errors,
            "gnomon: unknown function \"zzzzzzzzzzzzzzzz_zzz\"\n");
}

TEST(Functions, TheListHasEveryFunction) {
  const std::string list = run_with({}).text;
  for (const functions::Function* function : functions::all_functions()) {
    EXPECT_THAT(list, testing::HasSubstr(function_signature(*function)));
    EXPECT_THAT(list, testing::HasSubstr(function->documentation));
  }
}

// GNOMON_UPDATE=1 writes the list into the page.
TEST(Functions, ThePageShowsTheTable) {
  const std::string path = GNOMON_SOURCE_DIR "/src/functions/functions.md";
  std::ostringstream file;
  file << std::ifstream(path).rdbuf();
  const std::string page = file.str();
  const std::string begin = "<!-- functions: begin -->\n", end = "<!-- functions: end -->\n";
  const size_t first = page.find(begin), last = page.find(end);
  ASSERT_LT(first, last);
  ASSERT_NE(last, page.npos);
  const std::string wanted =
      page.substr(0, first + begin.size()) + function_markdown() + page.substr(last);
  if (std::getenv("GNOMON_UPDATE") != nullptr) std::ofstream(path) << wanted;
  EXPECT_EQ(page, wanted) << "GNOMON_UPDATE=1 rewrites it";
}

}  // namespace
}  // namespace gnomon::cli
