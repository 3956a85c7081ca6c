#include "src/model/labels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gnomon::model {
namespace {

TEST(Labels, PackSorted) {
  const Labels labels = Labels::from({{"job", "a"}, {"__name__", "up"}, {"empty", ""}});
  EXPECT_EQ(labels.packed(), std::string_view("\x08__name__\x02up\x03job\x01"
                                              "a"));
  EXPECT_EQ(labels.view().size(), 2u);
  EXPECT_EQ(labels.get("job"), "a");
  EXPECT_EQ(labels.get("jo"), "");
  EXPECT_EQ(labels.get("zone"), "");
  EXPECT_FALSE(labels.has("empty"));
}

TEST(Labels, RepeatedNameKeepsTheLast) {
  EXPECT_EQ(to_string(Labels::from({{"a", "1"}, {"b", "2"}, {"a", "3"}})), R"({a="3", b="2"})");
  EXPECT_EQ(to_string(Labels::from({{"a", "1"}, {"a", ""}})), "{}");
}

TEST(Labels, LongTextsHaveLongLengths) {
  const std::string name(254, 'n'), value(255, 'v'), huge(70'000, 'h');
  const Labels labels = Labels::from({{name, value}, {"z", huge}});
  EXPECT_EQ(labels.get(name), value);
  EXPECT_EQ(labels.get("z"), huge);
  EXPECT_EQ(labels.packed().size(), 1 + 254 + 4 + 255 + 1 + 1 + 4 + 70'000);
}

// The order of pairs of strings, as Prometheus' labels.Compare has it.
std::strong_ordering slow_compare(const Labels& a, const Labels& b) {
  std::vector<std::string> x, y;
  for (const Label l : a) x.insert(x.end(), {std::string(l.name), std::string(l.value)});
  for (const Label l : b) y.insert(y.end(), {std::string(l.name), std::string(l.value)});
  return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
}

TEST(Labels, CompareAsListsOfStrings) {
  std::mt19937 random(3);
  std::vector<Labels> sets = {Labels()};
  const auto text = [&random](size_t least) {
    std::string out(least + random() % 3, 'a');
    if (random() % 16 == 0) out.resize(250 + random() % 12, 'a');
    for (char& c : out) c = random() % 4 == 0 ? 'b' : 'a';
    return out;
  };
  for (int i = 0; i < 400; ++i) {
    std::vector<std::pair<std::string, std::string>> labels;
    for (size_t n = random() % 4; n > 0; --n) labels.emplace_back(text(1), text(0));
    sets.push_back(Labels::from(labels));
  }
  for (const Labels& a : sets) {
    for (const Labels& b : sets) {
      ASSERT_EQ(a <=> b, slow_compare(a, b)) << to_string(a) << " " << to_string(b);
    }
  }
}

TEST(Labels, Print) {
  const Labels labels = Labels::from({{"__name__", "up"}, {"a", "x\"y"}, {"b.c", "1"}});
  EXPECT_EQ(to_string(labels), R"({__name__="up", a="x\"y", "b.c"="1"})");
  EXPECT_EQ(to_metric_string(labels.view()), R"(up{a="x\"y", "b.c"="1"})");
  EXPECT_EQ(to_metric_string(Labels::from({{"__name__", "up"}}).view()), "up");
  EXPECT_EQ(to_metric_string(Labels().view()), "{}");
  EXPECT_EQ(to_metric_string(Labels::from({{"__name__", "a.b"}, {"c", "d"}}).view()),
            R"({"a.b", c="d"})");
}

TEST(Labels, KeepAndDrop) {
  const Labels labels = Labels::from({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const std::vector<std::string> names = {"c", "a", "x"};
  EXPECT_EQ(to_string(keep_labels(labels, names)), R"({a="1", c="3"})");
  EXPECT_EQ(to_string(drop_labels(labels, names)), R"({b="2"})");
  EXPECT_EQ(drop_labels(labels, {}).packed().data(), labels.packed().data());
}

TEST(Labels, Builder) {
  LabelsBuilder builder(Labels::from({{"b", "2"}, {"d", "4"}}).view());
  builder.set("c", "3").set("a", "1").set("b", "").set("d", "5").remove("nothing");
  EXPECT_EQ(builder.get("d"), "5");
  EXPECT_EQ(builder.get("b"), "");
  EXPECT_EQ(to_string(builder.build()), R"({a="1", c="3", d="5"})");
}

TEST(Labels, HashesAreThoseOfThePackedBytes) {
  // The value is what Prometheus' stringlabels build computes.
  EXPECT_EQ(hash64(Labels().view()), 0xef46db3751d8e999ull);
  const Labels a = Labels::from({{"a", "1"}});
  const Labels b = Labels::from({{"a", "2"}});
  EXPECT_EQ(hash128(a.view()), hash128(Labels::from({{"a", "1"}}).view()));
  EXPECT_NE(hash128(a.view()), hash128(b.view()));
  EXPECT_EQ(LabelsHash()(a), LabelsHash()(a.packed()));
}

TEST(Labels, Names) {
  EXPECT_TRUE(valid_label_name("a.b é"));
  EXPECT_FALSE(valid_label_name(""));
  EXPECT_FALSE(valid_label_name("\xff"));
  EXPECT_TRUE(legacy_label_name("_a9"));
  EXPECT_FALSE(legacy_label_name("9a"));
  EXPECT_FALSE(legacy_label_name("a:b"));
  EXPECT_TRUE(legacy_metric_name("a:b"));
  EXPECT_FALSE(legacy_metric_name(""));
}

}  // namespace
}  // namespace gnomon::model
