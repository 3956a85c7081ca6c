#include "src/storage/series_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace gnomon::storage {
namespace {

using model::Labels;
using model::LabelsView;
using model::Matcher;
using model::Matchers;
using model::MatchKind;
using Random = std::mt19937_64;

Matcher matcher(MatchKind kind, const std::string& name, const std::string& value) {
  auto result = Matcher::create(kind, name, value);
  EXPECT_TRUE(result.ok());
  return std::move(result).value();
}

// The index and, beside it, the same series in a plain map.
class Both {
 public:
  std::vector<uint32_t> add(const std::vector<Labels>& batch) {
    std::vector<LabelsView> views;
    for (const Labels& labels : batch) views.push_back(labels.view());
    std::vector<SeriesId> ids;
    std::vector<uint32_t> added;
    EXPECT_TRUE(index.find_or_add(views, ids, added).ok());
    EXPECT_EQ(ids.size(), batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto [at, is_new] = plain.emplace(batch[i], ids[i]);
      EXPECT_EQ(at->second, ids[i]);
      if (is_new) {
        EXPECT_TRUE(std::count(added.begin(), added.end(), i) == 1);
        EXPECT_GT(static_cast<uint32_t>(ids[i]), last_id);
        last_id = static_cast<uint32_t>(ids[i]);
      }
    }
    return added;
  }

  void erase(const std::vector<SeriesId>& ids) {
    index.erase(ids);
    for (const SeriesId id : ids) {
      std::erase_if(plain, [&](const auto& entry) { return entry.second == id; });
    }
  }

  void expect_match(const Matchers& matchers) {
    const SeriesListPtr list = index.match(matchers);
    std::vector<Labels> labels;
    std::vector<SeriesId> ids;
    for (const auto& [series, id] : plain) {
      const bool found = std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) {
        return m.matches(series.get(m.name()));
      });
      if (!found) continue;
      labels.push_back(series);
      ids.push_back(id);
    }
    ASSERT_EQ(list->labels, labels);
    ASSERT_EQ(list->ids, ids);
  }

  SeriesIndex index;
  std::map<Labels, SeriesId> plain;
  uint32_t last_id = 0;
};

Labels random_labels(Random& random) {
  static const std::vector<std::string> kNames = {"__name__", "Zone", "a", "job", "le", "pod"};
  std::vector<std::pair<std::string, std::string>> labels;
  for (const std::string& name : kNames) {
    if (random() % 4 == 0) continue;
    const uint64_t values = name == "pod" ? 200 : 5;
    labels.emplace_back(name,
                        std::string(1 + random() % 2, 'x') + std::to_string(random() % values));
  }
  labels.emplace_back("always", "there");
  return Labels::from(std::move(labels));
}

Matchers random_matchers(Random& random) {
  static const std::vector<std::string> kNames = {"__name__", "Zone", "a", "job",
                                                  "le",       "pod",  "no"};
  static const std::vector<std::string> kRegexes = {
      "x.*", ".*", ".+", "", "x1|xx2|x3", "xx.+", "|x1", "x[0-2]", ".*9", "(x|xx)(1|7)", "none"};
  Matchers out;
  for (uint64_t i = random() % 4; i > 0; --i) {
    const std::string& name = kNames[random() % kNames.size()];
    const auto kind = static_cast<MatchKind>(random() % 4);
    const bool regex = kind == MatchKind::Regex || kind == MatchKind::NotRegex;
    const std::string plain = random() % 5 == 0 ? "" : "x" + std::to_string(random() % 6);
    out.push_back(matcher(kind, name, regex ? kRegexes[random() % kRegexes.size()] : plain));
  }
  return out;
}

TEST(SeriesIndex, AgreesWithAPlainMap) {
  Random random(1);
  Both both;
  for (int round = 0; round < 60; ++round) {
    std::vector<Labels> batch;
    for (uint64_t i = random() % 60; i > 0; --i) batch.push_back(random_labels(random));
    both.add(batch);
    if (round % 7 == 3) {
      std::vector<SeriesId> gone = {SeriesId{999'999}};
      for (const auto& [labels, id] : both.plain) {
        if (random() % 3 == 0) gone.push_back(id);
      }
      both.erase(gone);
    }
    ASSERT_EQ(both.index.size(), both.plain.size());
    for (int i = 0; i < 40; ++i) both.expect_match(random_matchers(random));
    for (const auto& [labels, id] : both.plain) {
      ASSERT_EQ(both.index.labels(id), labels);
      ASSERT_EQ(both.index.find(labels.view()), id);
    }
  }
}

TEST(SeriesIndex, ManySeriesAtOnce) {
  Random random(2);
  Both both;
  std::vector<Labels> batch;
  for (int i = 0; i < 5000; ++i) {
    batch.push_back(Labels::from({{"__name__", "m" + std::to_string(i % 50)},
                                  {"instance", std::to_string(i)},
                                  {"job", i % 2 == 0 ? "even" : "odd"}}));
  }
  both.add(batch);
  both.expect_match({});
  both.expect_match({matcher(MatchKind::Regex, "__name__", ".+")});
  both.expect_match(
      {matcher(MatchKind::Equal, "job", "odd"), matcher(MatchKind::NotRegex, "instance", ".*7")});
  both.expect_match(
      {matcher(MatchKind::Equal, "__name__", "m7"), matcher(MatchKind::Regex, "instance", "1.*")});
  both.expect_match({matcher(MatchKind::NotEqual, "job", "odd")});
}

TEST(SeriesIndex, RepeatsInOneBatchAreOneSeries) {
  Both both;
  const Labels a = Labels::from({{"a", "1"}});
  const Labels b = Labels::from({{"b", "1"}});
  EXPECT_EQ(both.add({a, b, a, a}), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(both.add({b, a}), std::vector<uint32_t>{});
  EXPECT_EQ(both.index.size(), 2u);
}

TEST(SeriesIndex, CachedSelectionsSeeNewAndErasedSeries) {
  Both both;
  both.add({Labels::from({{"__name__", "up"}, {"i", "2"}})});
  const Matchers up = {matcher(MatchKind::Equal, "__name__", "up")};
  const SeriesListPtr first = both.index.match(up);
  EXPECT_EQ(both.index.match(up), first);
  both.add({Labels::from({{"__name__", "down"}})});
  EXPECT_EQ(both.index.match(up), first) << "other series leave the selection as it is";
  both.add({Labels::from({{"__name__", "up"}, {"i", "1"}})});
  both.expect_match(up);
  both.erase({SeriesId{1}});
  both.expect_match(up);
  EXPECT_EQ(first->ids.size(), 1u);
}

TEST(SeriesIndex, IdsAreNeverGivenTwice) {
  SeriesIndex index(SeriesId{10});
  std::vector<SeriesId> ids;
  std::vector<uint32_t> added;
  const Labels a = Labels::from({{"a", "1"}});
  const std::vector<LabelsView> batch = {a.view()};
  ASSERT_TRUE(index.find_or_add(batch, ids, added).ok());
  EXPECT_EQ(ids, std::vector<SeriesId>{SeriesId{10}});
  index.erase(ids);
  EXPECT_EQ(index.find(a.view()), std::nullopt);
  ASSERT_TRUE(index.find_or_add(batch, ids, added).ok());
  EXPECT_EQ(ids, std::vector<SeriesId>{SeriesId{11}});
  index.reserve_ids(SeriesId{20});
  const Labels b = Labels::from({{"b", "1"}});
  const std::vector<LabelsView> other = {b.view()};
  ASSERT_TRUE(index.find_or_add(other, ids, added).ok());
  EXPECT_EQ(ids, std::vector<SeriesId>{SeriesId{20}});
}

TEST(SeriesIndex, IdsRunOut) {
  SeriesIndex index(SeriesId{0xffffffff});
  const Labels a = Labels::from({{"a", "1"}});
  const Labels b = Labels::from({{"b", "1"}});
  const std::vector<LabelsView> two = {a.view(), b.view()};
  const std::vector<LabelsView> one = {a.view()};
  std::vector<SeriesId> ids;
  std::vector<uint32_t> added;
  EXPECT_EQ(index.find_or_add(two, ids, added).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(index.size(), 0u);
  ASSERT_TRUE(index.find_or_add(one, ids, added).ok());
  EXPECT_EQ(ids[0], SeriesId{0xffffffff});
  EXPECT_TRUE(index.find_or_add(one, ids, added).ok());
  EXPECT_FALSE(index.find_or_add(two, ids, added).ok());
}

TEST(SeriesIndex, RestoreKeepsIds) {
  SeriesIndex index;
  EXPECT_TRUE(index.restore(SeriesId{5}, Labels::from({{"a", "1"}})));
  EXPECT_FALSE(index.restore(SeriesId{5}, Labels::from({{"a", "2"}})));
  EXPECT_FALSE(index.restore(SeriesId{4}, Labels::from({{"a", "2"}})));
  EXPECT_FALSE(index.restore(SeriesId{6}, Labels::from({{"a", "1"}})));
  EXPECT_TRUE(index.restore(SeriesId{9}, Labels::from({{"a", "2"}})));
  EXPECT_EQ(index.size(), 2u);
  EXPECT_EQ(index.labels(SeriesId{9}), Labels::from({{"a", "2"}}));
  EXPECT_TRUE(index.labels(SeriesId{6}).empty());
  EXPECT_EQ(index.find(Labels::from({{"a", "1"}}).view()), SeriesId{5});
}

TEST(SeriesIndex, CatalogAnswers) {
  Both both;
  const Labels a = Labels::from({{"__name__", "up"}, {"job", "api"}});
  const Labels b = Labels::from({{"__name__", "up"}, {"job", "db"}, {"zone", "1"}});
  const Labels c = Labels::from({{"__name__", "cpu"}, {"job", "api"}});
  both.add({a, b, c});
  const SeriesIndex& index = both.index;
  using Strings = std::vector<std::string>;
  EXPECT_EQ(index.label_names({}, nullptr), (Strings{"__name__", "job", "zone"}));
  EXPECT_EQ(index.label_values("job", {}, nullptr), (Strings{"api", "db"}));
  EXPECT_EQ(index.label_values("nothing", {}, nullptr), Strings{});
  const Matchers api = {matcher(MatchKind::Equal, "job", "api")};
  const Matchers up = {matcher(MatchKind::Equal, "__name__", "up")};
  EXPECT_EQ(index.series({api}, nullptr), (std::vector<Labels>{c, a}));
  EXPECT_EQ(index.series({up, api}, nullptr), (std::vector<Labels>{c, a, b}));
  EXPECT_EQ(index.label_names({api}, nullptr), (Strings{"__name__", "job"}));
  EXPECT_EQ(index.label_values("__name__", {api}, nullptr), (Strings{"cpu", "up"}));
  const auto not_first = [](SeriesId id) { return id != SeriesId{1}; };
  EXPECT_EQ(index.series({api}, not_first), std::vector<Labels>{c});
  EXPECT_EQ(index.label_values("__name__", {}, [](SeriesId id) { return id == SeriesId{3}; }),
            Strings{"cpu"});
}

TEST(SeriesIndex, DescribesItself) {
  Both both;
  both.add({Labels::from({{"__name__", "up"}, {"job", "api"}}),
            Labels::from({{"__name__", "up"}, {"job", "db"}}),
            Labels::from({{"__name__", "cpu"}, {"job", "api"}, {"zone", "europe"}})});
  Statistics out;
  both.index.describe(2, out);
  EXPECT_EQ(out.series, 3u);
  EXPECT_EQ(out.label_pairs, 5u);
  const auto text = [](const std::vector<NamedCount>& counts) {
    std::string all;
    for (const auto& count : counts) all += count.name + ":" + std::to_string(count.value) + " ";
    return all;
  };
  EXPECT_EQ(text(out.series_by_metric), "up:2 cpu:1 ");
  EXPECT_EQ(text(out.values_by_label), "__name__:2 job:2 ");
  EXPECT_EQ(text(out.bytes_by_label), "job:8 __name__:7 ");
  EXPECT_EQ(text(out.series_by_label_pair), "__name__=up:2 job=api:2 ");
}

TEST(SeriesIndex, ReadersAndWritersAtOnce) {
  SeriesIndex index;
  std::atomic<bool> done = false;
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      const Matchers even = {matcher(MatchKind::Equal, "parity", "0")};
      while (!done) {
        const SeriesListPtr list = index.match(even);
        ASSERT_TRUE(std::is_sorted(list->labels.begin(), list->labels.end()));
        for (const Labels& labels : list->labels) ASSERT_EQ(labels.get("parity"), "0");
        index.label_values("i", {}, nullptr);
      }
    });
  }
  for (int round = 0; round < 200; ++round) {
    std::vector<Labels> batch;
    std::vector<LabelsView> views;
    for (int i = round * 10; i < round * 10 + 10; ++i) {
      batch.push_back(Labels::from({{"i", std::to_string(i)}, {"parity", std::to_string(i % 2)}}));
    }
    for (const Labels& labels : batch) views.push_back(labels.view());
    std::vector<SeriesId> ids;
    std::vector<uint32_t> added;
    ASSERT_TRUE(index.find_or_add(views, ids, added).ok());
    if (round % 10 == 9) index.erase(ids);
  }
  done = true;
  readers.clear();
  EXPECT_EQ(index.size(), 1800u);
}

}  // namespace
}  // namespace gnomon::storage
