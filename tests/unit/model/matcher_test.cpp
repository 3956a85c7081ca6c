#include "src/model/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "src/model/glob.h"
#include "src/model/regex.h"

namespace gnomon::model {
namespace {

Matcher regex(std::string pattern) {
  return Matcher::create(MatchKind::Regex, "l", std::move(pattern)).value();
}

TEST(Matcher, EqualAndNot) {
  const Matcher equal = Matcher::equal("job", "a");
  EXPECT_TRUE(equal.matches("a"));
  EXPECT_FALSE(equal.matches_empty());
  EXPECT_EQ(equal.literals(), std::vector<std::string>{"a"});
  const Matcher differs = Matcher::create(MatchKind::NotEqual, "job", "a").value();
  EXPECT_FALSE(differs.matches("a"));
  EXPECT_TRUE(differs.matches_empty());
  EXPECT_TRUE(differs.literals().empty());
}

// Every pattern must give the same answers by its fast path and by the general engine.
TEST(Matcher, FastPathsAgreeWithTheGeneralEngine) {
  const std::vector<std::string> patterns = {"",          "foo",     "foo|bar",     "foo|",
                                             "(foo|bar)", "a(b|c)d", "a(b|c(d|e))", "(?:a|b)(c|d)",
                                             "5..",       "a.*|s.*", "foo.*",       ".*foo.*",
                                             ".*foo",     ".+",      ".*",          ".+foo.+",
                                             ".",         "..",      ".*.",         "..*",
                                             ".+.+",      "a.*b.*c", "a.*b.c",      ".*é.",
                                             "foo\\.bar", "^foo$",   "^foo|bar$",   "^.*$",
                                             "f.o",       "f.*?o",   "a\\|b",       "(|a)b",
                                             "()",        ".*a.b",   "a.+.*b",      "x.*|foo",
                                             "^",         "$",       "\\-x"};
  const std::vector<std::string> texts = {
      "",      "foo", "bar", "foobar",  "barfoo",  "abd", "acd", "ab",  "acd",   "ace",
      "ac",    "bd",  "500", "50",      "5000",    "a",   "s",   "sss", "é",     "ééé",
      "aé",    "xéy", "éy",  "foo.bar", "fooxbar", "a|b", "b",   "abc", "axbxc", "a\nb",
      "foo\n", "\n",  "axb", "aab",     "aaab",    "x",   "f😀o", "-x",  "aabb"};
  for (const std::string& pattern : patterns) {
    ASSERT_TRUE(parse_globs(pattern)) << pattern;
    const Matcher fast = regex(pattern);
    const Regex general = Regex::compile(pattern).value();
    for (const std::string& text : texts) {
      EXPECT_EQ(fast.matches(text), general.matches(text)) << pattern << " on " << text;
      if (fast.matches(text)) {
        EXPECT_TRUE(text.starts_with(fast.prefix())) << pattern << " " << fast.prefix();
      }
    }
  }
}

TEST(Matcher, RandomPatternsAgreeWithTheGeneralEngine) {
  constexpr std::array<std::string_view, 16> kPieces = {
      "a", "b", ".", "*", "+", "?", "|", "(", ")", "^", "$", "\\.", "é", ".*", "(?:", ".+"};
  std::mt19937 random(5);
  size_t fast = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string pattern;
    for (size_t n = 1 + random() % 8; n > 0; --n) pattern += kPieces[random() % kPieces.size()];
    const auto globs = parse_globs(pattern);
    if (!globs) continue;
    ++fast;
    const auto general = Regex::compile(pattern);
    ASSERT_TRUE(general.ok()) << pattern << ": " << general.error().message;
    for (int j = 0; j < 10; ++j) {
      std::string text;
      for (size_t n = random() % 6; n > 0; --n)
        text += kPieces[std::array{0, 1, 12, 2}[random() % 4]];
      const bool matches = std::any_of(globs->begin(), globs->end(),
                                       [&](const Glob& glob) { return glob.matches(text); });
      ASSERT_EQ(matches, general->matches(text)) << pattern << " on " << text;
    }
  }
  EXPECT_GT(fast, 1'000u);
}

TEST(Matcher, OtherRegexesGoToTheGeneralEngine) {
  for (const std::string pattern : {"[ab]", "a*", "a+", "(?i)foo", "a{2}", "\\d+", "x(a^)", "é?"}) {
    EXPECT_FALSE(parse_globs(pattern)) << pattern;
  }
  EXPECT_TRUE(regex("(?i)foo").matches("FOO"));
  EXPECT_TRUE(regex("[0-9]{2}").matches("42"));
  EXPECT_FALSE(regex("[0-9]{2}").matches("421"));
  EXPECT_TRUE(regex("a.b[c]").matches("a\nbc"));
  EXPECT_TRUE(regex("(?<name>a+)").matches("aa"));
  EXPECT_FALSE(Matcher::create(MatchKind::NotRegex, "l", "a+").value().matches("aa"));
}

TEST(Matcher, LiteralsOfAlternations) {
  EXPECT_EQ(regex("b|a|b").literals(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(regex("x(1|2)y").literals(), (std::vector<std::string>{"x1y", "x2y"}));
  EXPECT_TRUE(regex("a|b.*").literals().empty());
  EXPECT_TRUE(regex("[ab]").literals().empty());
  EXPECT_TRUE(Matcher::create(MatchKind::NotRegex, "l", "a|b").value().literals().empty());
  EXPECT_EQ(regex("foo.*|fob").prefix(), "fo");
  EXPECT_EQ(regex("foo.*|.*").prefix(), "");
}

TEST(Matcher, ManyLiterals) {
  std::string pattern = "v0";
  for (int i = 1; i < 500; ++i) pattern += "|v" + std::to_string(i);
  const Matcher matcher = regex(pattern);
  EXPECT_EQ(matcher.literals().size(), 500u);
  EXPECT_TRUE(matcher.matches("v499"));
  EXPECT_FALSE(matcher.matches("v500"));
}

// Spelled out they would take a gigabyte.
TEST(Matcher, SomeAlternativesAreTooLongToBeSpelledOut) {
  std::string alternatives = "a";
  for (int i = 1; i < 1'000; ++i) alternatives += "|" + std::to_string(i);
  EXPECT_EQ(parse_globs("(" + alternatives + ")x")->size(), 1'000u);
  EXPECT_FALSE(parse_globs("(" + alternatives + ")" + std::string(10'000, 'x')));
  EXPECT_FALSE(parse_globs("(" + alternatives + ")" + std::string(10'000, '.')));
  EXPECT_FALSE(parse_globs(std::string(10'000, 'x') + "(" + alternatives + ")"));
  // A text for each of many values is what dashboards send.
  std::string values = "(" + std::string(400, 'v');
  for (int i = 1; i < 1'000; ++i) values += "|" + std::string(400, 'v') + std::to_string(i);
  EXPECT_EQ(regex(values + ")").literals().size(), 1'000u);
}

TEST(Matcher, ErrorsInGosWords) {
  const auto message = [](std::string pattern) {
    const auto created = Matcher::create(MatchKind::Regex, "l", std::move(pattern));
    return created.ok() ? std::string("no error") : created.error().message;
  };
  const std::string head = "error parsing regexp: ";
  EXPECT_EQ(message("*"), head + "missing argument to repetition operator: `*`");
  EXPECT_EQ(message("a**"), head + "invalid nested repetition operator: `**`");
  EXPECT_EQ(message("a{2,1}"), head + "invalid repeat count: `{2,1}`");
  EXPECT_EQ(message("a{1001}"), head + "invalid repeat count: `{1001}`");
  EXPECT_EQ(message("("), head + "missing closing ): `(`");
  EXPECT_EQ(message("a)"), head + "unexpected ): `a)`");
  EXPECT_EQ(message("[a"), head + "missing closing ]: `[a`");
  EXPECT_EQ(message("[z-a]"), head + "invalid character class range: `z-a`");
  EXPECT_EQ(message("\\8"), head + "invalid escape sequence: `\\8`");
  EXPECT_EQ(message("\\C"), head + "invalid escape sequence: `\\C`");
  EXPECT_EQ(message("\\"), head + "trailing backslash at end of expression: ``");
  EXPECT_EQ(message("(?=a)"), head + "invalid or unsupported Perl syntax: `(?=`");
  EXPECT_EQ(message("(?P<>a)"), head + "invalid named capture: `(?P<>`");
  EXPECT_EQ(message("é\xff!"), head + "invalid UTF-8: `\xff!`");
}

TEST(Matcher, Prints) {
  EXPECT_EQ(to_string(Matcher::equal("job", "a\"b")), R"(job="a\"b")");
  EXPECT_EQ(to_string(Matcher::create(MatchKind::NotRegex, "a.b", "x").value()), R"("a.b"!~"x")");
}

TEST(Regex, GivesItsGroups) {
  const Regex re = Regex::compile("(?<first>[a-z]+)-(\\d+)(x)?").value();
  EXPECT_EQ(re.groups(), 3u);
  EXPECT_EQ(re.group("first"), 1u);
  EXPECT_EQ(re.group("second"), std::nullopt);
  std::vector<std::string_view> groups;
  EXPECT_TRUE(re.match("ab-12", groups));
  EXPECT_EQ(groups, (std::vector<std::string_view>{"ab-12", "ab", "12", ""}));
  EXPECT_FALSE(re.match("nothing", groups));
}

}  // namespace
}  // namespace gnomon::model
