#include <gtest/gtest.h>

#include "src/base/limits.h"
#include "src/functions/label_expand.h"
#include "src/functions/natural_sort.h"

namespace gnomon::functions {
namespace {

std::string replaced(std::string_view regex, std::string_view replacement,
                     std::string_view source) {
  auto replacer = LabelReplacer::create(regex, replacement);
  if (!replacer.ok()) return replacer.error().message;
  std::string out = "(no match)";
  replacer->replace(source, out);
  return out;
}

TEST(LabelReplacer, TemplatesOfGo) {
  EXPECT_EQ(replaced("(.*):(.*)", "$2-$1", "a:b"), "b-a");
  EXPECT_EQ(replaced("(.*):(.*)", "${2}x${1}", "a:b"), "bxa");
  EXPECT_EQ(replaced("(.*):(.*)", "$1x", "a:b"), "") << "the group is named 1x";
  EXPECT_EQ(replaced("(?P<host>.*):(?P<port>.*)", "$port/${host}", "a:b"), "b/a");
  EXPECT_EQ(replaced("(?<host>.*):(.*)", "$host", "a:b"), "a");
  EXPECT_EQ(replaced("(.*)", "$$1 costs $", "a"), "$1 costs $");
  EXPECT_EQ(replaced("(.*)", "${1", "a"), "${1");
  EXPECT_EQ(replaced("(.*)", "$-$1", "a"), "$-a");
  EXPECT_EQ(replaced("(.*)", "[$0][$2][$01]", "a"), "[a][][]");
  EXPECT_EQ(replaced("(a)|(b)", "<$1><$2>", "b"), "<><b>");
  EXPECT_EQ(replaced("(.*)", "$\u00fcber", "a"), "") << "letters of any script name a variable";
}

TEST(LabelReplacer, MatchesTheWholeValueAndNewlines) {
  EXPECT_EQ(replaced("b", "x", "abc"), "(no match)");
  EXPECT_EQ(replaced("a|abc", "x", "abc"), "x");
  EXPECT_EQ(replaced("a.c", "x", "a\nc"), "x");
  EXPECT_EQ(replaced("", "x", ""), "x");
}

TEST(LabelReplacer, AHugeTemplateIsReadAtOnceAndFilledUpToTheLimit) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "$1";
  const std::string out = replaced("(.*)", text, "0123456789");
  EXPECT_EQ(out.size(), base::kLabelBytesPerSeriesMax / 10 * 10 + 10);
}

TEST(LabelReplacer, BadExpression) {
  EXPECT_EQ(replaced("(a", "x", "a"), "invalid regular expression in label_replace(): (a");
}

TEST(NaturalSort, NumbersByValue) {
  EXPECT_TRUE(natural_compare("a2", "a10") < 0);
  EXPECT_TRUE(natural_compare("a10", "a9b") > 0);
  EXPECT_TRUE(natural_compare("1.9.2", "1.10.1") < 0);
  EXPECT_TRUE(natural_compare("a", "ab") < 0);
  EXPECT_TRUE(natural_compare("a1", "a") > 0);
  EXPECT_TRUE(natural_compare("", "a") < 0);
  EXPECT_TRUE(natural_compare("", "") == 0);
  EXPECT_TRUE(natural_compare("01", "1") == 0);
  EXPECT_TRUE(natural_compare("99999999999999999999999", "100000000000000000000000") < 0);
  EXPECT_TRUE(natural_compare("b1", "a2") > 0);
}

}  // namespace
}  // namespace gnomon::functions
