// What every MetricStore must do, on every backend: samples as they were just written, sealed or
// merged after every step, read back by a new process after every step, and read by another server.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <optional>
#include <random>
#include <set>
#include <string_view>

#include "src/storage/window.h"
#include "tests/open_metrics.h"
#include "tests/unit/clickhouse/clickhouse_fixture.h"
#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

// What happens after every step and must make no difference.
enum class Between : uint8_t { Nothing, Sealing, Reopening, Following };

struct Kind {
  const char* name;
  std::string_view backend;  // the scheme of its URL
  Between between = Between::Nothing;
  // Else a sample of a time that has one may be taken, and is left out when read if it was written
  // in a later second.
  bool refuses_duplicates = true;
};

constexpr Kind kKinds[] = {
    {"Memory", "memory"},
    {"Head", "sqlite"},
    {"Sealed", "sqlite", Between::Sealing},
    {"Reopened", "sqlite", Between::Reopening},
    {"PostgresHead", "postgres"},
    {"PostgresSealed", "postgres", Between::Sealing},
    {"PostgresReopened", "postgres", Between::Reopening},
    {"PostgresFollowed", "postgres", Between::Following},
    {"ClickHouse", "clickhouse", Between::Nothing, false},
    {"ClickHouseMerged", "clickhouse", Between::Sealing, false},
    {"ClickHouseReopened", "clickhouse", Between::Reopening, false},
    {"ClickHouseCluster", "clickhouse_cluster", Between::Reopening, false},
};

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;
using Reason = model::WriteOutcome::Reason;

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam().backend == "postgres") schema_.emplace();
    if (GetParam().backend.starts_with("clickhouse")) {
      const std::string server = servers::shared_url(std::string(GetParam().backend));
      if (server.empty()) GTEST_SKIP() << "GNOMON_TEST_... says none: " << GetParam().backend;
      database_.emplace(server);
    }
    open();
  }

  std::string url() {
    if (schema_) return schema_->url();
    if (database_) return "clickhouse:" + database_->rest();
    return GetParam().backend == "sqlite" ? "sqlite:" + folder_.file("g.db") : "memory:";
  }

  std::shared_ptr<storage::MetricStore> opened() {
    auto store = open_metrics(url(), by_hand());
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }

  void open() {
    store_.reset();
    store_ = opened();
    if (GetParam().between == Between::Following && other_ == nullptr) other_ = opened();
  }

  void seal() {
    if (database_) {
      database_->ask("OPTIMIZE TABLE {d}.samples FINAL");
      database_->ask("OPTIMIZE TABLE {d}.histograms FINAL");
      return;
    }
    const auto done = schema_ ? dynamic_cast<postgres::PostgresStore&>(*store_).maintain(true)
                              : dynamic_cast<sqlite::SqliteMetricStore&>(*store_).maintain(
                                    sqlite::Maintenance::Everything);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }

  void step() {
    switch (GetParam().between) {
      case Between::Nothing:
        break;
      case Between::Sealing:
        seal();
        break;
      case Between::Reopening:
        open();
        break;
      case Between::Following:
        // Each writes now and then, reading is always by the one that did not.
        std::swap(store_, other_);
        ASSERT_TRUE(dynamic_cast<postgres::PostgresStore&>(*store_).follow().ok());
        break;
    }
  }

  // Before a second sample of a time is written.
  void later() {
    if (database_) database_->await_next_second();
  }

  model::WriteOutcome write(const Batch& batch) {
    const auto outcome = append(*store_, batch);
    step();
    return outcome;
  }

  std::string text(model::Matchers matchers = {}, int64_t min_ms = model::kTimeMin,
                   int64_t max_ms = model::kTimeMax) {
    return to_text(read_all(*store_, std::move(matchers), min_ms, max_ms));
  }

  TemporaryFolder folder_;
  std::optional<PostgresSchema> schema_;
  std::optional<ClickHouseDatabase> database_;
  std::shared_ptr<storage::MetricStore> store_;
  std::shared_ptr<storage::MetricStore> other_;
};

TEST_P(StoreContract, GivesBackWhatWasWritten) {
  write(Batch().row({{"__name__", "up"}, {"job", "b"}}, {{1000, 1}, {2000, 2}}));
  write(Batch()
            .row({{"__name__", "up"}, {"job", "a"}, {"Zone", "1"}}, {{1500, 0.25}})
            .row({{"__name__", "down"}}, {{-5 * kHour, -7}, {9 * kHour, 1e300}})
            .row({{"job", "nameless"}}, {{1500, 3}}));
  EXPECT_EQ(text(),
            "up{Zone=\"1\", job=\"a\"} 0.25@1500\n"
            "down -7@-18000000 1.0000000000000001e+300@32400000\n"
            "up{job=\"b\"} 1@1000 2@2000\n"
            "{job=\"nameless\"} 3@1500\n");
  EXPECT_EQ(text({model::Matcher::equal("job", "b")}), "up{job=\"b\"} 1@1000 2@2000\n");
  EXPECT_EQ(text({model::Matcher::equal("__name__", "")}), "{job=\"nameless\"} 3@1500\n");
  EXPECT_EQ(text({}, 1600, 2000), "up{job=\"b\"} 2@2000\n");
  EXPECT_EQ(text({}, 3000, 2999), "");
}

TEST_P(StoreContract, MatchesAsPromQlDoes) {
  Batch batch;
  for (const char* value : {"a", "b\n", "ü", "'\\", "aa"}) {
    batch.row({{"__name__", "m"}, {"v", value}}, {{1, 1}});
  }
  write(batch.row({{"__name__", "m"}}, {{1, 1}}));
  using model::MatchKind;
  const auto found = [&](MatchKind kind, const char* value) {
    auto matcher = model::Matcher::create(kind, "v", value);
    EXPECT_TRUE(matcher.ok());
    std::string out;
    for (const auto& [labels, block] : read_all(*store_, {*matcher})) {
      out += "[" + std::string(labels.get("v")) + "]";
    }
    return out;
  };
  EXPECT_EQ(found(MatchKind::Equal, "'\\"), "['\\]");
  EXPECT_EQ(found(MatchKind::Equal, ""), "[]");
  EXPECT_EQ(found(MatchKind::NotEqual, "a"), "[]['\\][aa][b\n][ü]");
  EXPECT_EQ(found(MatchKind::Regex, "."), "[a][ü]");
  EXPECT_EQ(found(MatchKind::Regex, "b."), "[b\n]");
  EXPECT_EQ(found(MatchKind::Regex, "a|ü"), "[a][ü]");
  EXPECT_EQ(found(MatchKind::Regex, "a+"), "[a][aa]");
  EXPECT_EQ(found(MatchKind::Regex, ".+"), "['\\][a][aa][b\n][ü]");
  EXPECT_EQ(found(MatchKind::NotRegex, ".+"), "[]");
  EXPECT_EQ(found(MatchKind::NotRegex, "a.*|."), "[]['\\][b\n]");
}

TEST_P(StoreContract, ReadsARunOfSeries) {
  Batch batch;
  for (int i = 0; i < 300; ++i) {
    batch.row({{"__name__", "m"}, {"i", std::to_string(1000 + i)}}, {{i, i / 2.0}});
  }
  write(batch);
  auto selection = store_->select({{}, 0, 1000}, {});
  ASSERT_TRUE(selection.ok());
  ASSERT_EQ((*selection)->series().size(), 300u);
  auto cursor = (*selection)->open(100, 103, {});
  ASSERT_TRUE(cursor.ok());
  model::SampleBlock block;
  for (int i = 100; i < 103; ++i) {
    ASSERT_TRUE(*(*cursor)->next(block));
    EXPECT_EQ((*selection)->series()[static_cast<size_t>(i)].get("i"), std::to_string(1000 + i));
    ASSERT_EQ(block.times, std::vector<int64_t>{i});
    EXPECT_EQ(block.values, std::vector<double>{i / 2.0});
  }
  EXPECT_FALSE(*(*cursor)->next(block));
}

TEST_P(StoreContract, TakesSamplesInAnyOrder) {
  write(Batch().row({{"__name__", "m"}}, {{5000, 5}, {1000, 1}}));
  write(Batch().row({{"__name__", "m"}}, {{3000, 3}}));
  write(Batch().row({{"__name__", "m"}}, {{2000, 2}, {6000, 6}, {4000, 4}}));
  write(Batch().row({{"__name__", "m"}}, {{0, 0}, {7 * kHour, 7}, {3 * kHour, 9}}));
  EXPECT_EQ(text(), "m 0@0 1@1000 2@2000 3@3000 4@4000 5@5000 6@6000 9@10800000 7@25200000\n");
}

TEST_P(StoreContract, KeepsTheFirstSampleOfATime) {
  write(Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2}}));
  later();
  const auto outcome =
      write(Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2.5}, {3000, 3}, {3000, 4}}));
  EXPECT_EQ(text(), "m 1@1000 2@2000 3@3000\n");
  // Zeros of both signs and NaNs are told apart by their bits.
  const double nan = std::bit_cast<double>(0x7ff8000000000001);
  write(Batch().row({{"__name__", "z"}}, {{1, 0.0}, {2, nan}}));
  later();
  const auto signs = write(Batch().row({{"__name__", "z"}}, {{1, -0.0}, {2, nan}}));
  EXPECT_EQ(text({model::Matcher::equal("__name__", "z")}), "z 0@1 nan:7ff8000000000001@2\n");
  if (!GetParam().refuses_duplicates) return;
  EXPECT_EQ(outcome.samples_stored, 2u);
  EXPECT_EQ(outcome.refused.count(Reason::DuplicateValue), 2u);
  ASSERT_EQ(outcome.refused.named().size(), 2u);
  EXPECT_EQ(outcome.refused.named()[0].what, "m at 2000");
  EXPECT_EQ(signs.samples_stored, 1u);
  EXPECT_EQ(signs.refused.count(Reason::DuplicateValue), 1u);
}

TEST_P(StoreContract, KeepsEveryBitOfAValue) {
  std::vector<model::Sample> samples;
  const uint64_t bits[] = {model::kStaleBits,  model::kNormalNaNBits, 0x7ff8000000000000,
                           0xfff8000000000123, 0x7ff0000000000001,    0x7ff0000000000000,
                           0xfff0000000000000, 0x8000000000000000,    0x0000000000000001,
                           0x7fefffffffffffff};
  int64_t time = 0;
  for (uint64_t b : bits) samples.push_back({time += 15'000, std::bit_cast<double>(b)});
  std::mt19937_64 random(7);
  for (int i = 0; i < 500; ++i)
    samples.push_back({time += 15'000, std::bit_cast<double>(random())});
  write(Batch().row({{"__name__", "m"}}, samples));
  const auto all = read_all(*store_);
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].second.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(all[0].second.times[i], samples[i].time_ms);
    EXPECT_EQ(std::bit_cast<uint64_t>(all[0].second.values[i]),
              std::bit_cast<uint64_t>(samples[i].value));
  }
}

TEST_P(StoreContract, KeepsHistogramsBesideFloats) {
  write(Batch().row({{"__name__", "h"}}, {{2000, 1}}, {histogram(1000, 10), histogram(3000, 12)}));
  later();
  const auto outcome = write(Batch().row(
      {{"__name__", "h"}}, {{5000, 5}},
      {histogram(3000, 12), histogram(1000, 11), histogram(2000, 3), histogram(9 * kHour, 20)}));
  if (GetParam().refuses_duplicates) {
    EXPECT_EQ(outcome.samples_stored, 1u);
    EXPECT_EQ(outcome.histograms_stored, 2u);
    EXPECT_EQ(outcome.refused.count(Reason::DuplicateValue), 2u);
    EXPECT_EQ(write(Batch().row({{"__name__", "h"}}, {{3000, 1}})).samples_stored, 0u);
  }
  const auto all = read_all(*store_);
  ASSERT_EQ(all.size(), 1u);
  const model::SampleBlock& block = all[0].second;
  EXPECT_EQ(block.times, (std::vector<int64_t>{2000, 5000}));
  ASSERT_EQ(block.histograms.size(), 3u);
  EXPECT_TRUE(identical(*block.histograms[0].histogram, *histogram(0, 10).histogram));
  EXPECT_EQ(block.histograms[1].time_ms, 3000);
  EXPECT_TRUE(identical(*block.histograms[1].histogram, *histogram(0, 12).histogram));
  EXPECT_TRUE(identical(*block.histograms[2].histogram, *histogram(0, 20).histogram));
}

TEST_P(StoreContract, KeepsStartTimestamps) {
  const auto up = [](std::vector<model::Sample> samples) {
    return Batch().row({{"__name__", "up"}}, std::move(samples));
  };
  write(up({{2000, 2}, {9 * kHour, 9}}));
  write(up({{1000, 1}, {3000, 3}}).starts({500, 0}));
  write(up({{4000, 4}, {5000, 5}}).starts({3500, 3500}));
  later();
  write(up({{6000, 6}, {1000, 1}}));
  std::vector<int64_t> many{500, 0, 0, 3500, 3500, 0, 0};
  const bool slow = GetParam().between != Between::Nothing || database_;
  for (int i = 0; i < (slow ? 10 : 300); ++i) {
    const int64_t time = 10 * kHour + i * 1000;
    write(up({{time, 1}}).starts({time - 1}));
    many.push_back(time - 1);
  }
  const auto all = read_all(*store_);
  ASSERT_EQ(all.size(), 1u);
  const model::SampleBlock& block = all[0].second;
  EXPECT_EQ(block.starts, many);
  EXPECT_EQ(block.values[3], 4);
  const auto some = read_all(*store_, {}, 4000, 6000);
  EXPECT_EQ(some[0].second.starts, (std::vector<int64_t>{3500, 3500, 0}));
}

TEST_P(StoreContract, DeletesByMatcherAndTime) {
  for (const char* job : {"a", "b"}) {
    write(Batch().row({{"__name__", "m"}, {"job", job}},
                      {{1000, 1}, {2000, 2}, {3000, 3}, {5 * kHour, 5}, {30 * kHour, 30}}));
  }
  storage::CatalogQuery what{{{model::Matcher::equal("job", "a")}}, 2000, 6 * kHour};
  ASSERT_TRUE(store_->remove(what, {}).ok());
  step();
  EXPECT_EQ(text(),
            "m{job=\"a\"} 1@1000 30@108000000\n"
            "m{job=\"b\"} 1@1000 2@2000 3@3000 5@18000000 30@108000000\n");
  // What was deleted may be written again.
  EXPECT_EQ(write(Batch().row({{"__name__", "m"}, {"job", "a"}}, {{2000, 7}})).samples_stored, 1u);
  EXPECT_EQ(text({model::Matcher::equal("job", "a")}, 0, kHour), "m{job=\"a\"} 1@1000 7@2000\n");
  ASSERT_TRUE(store_->remove({{{model::Matcher::equal("job", "a")}}}, {}).ok());
  step();
  EXPECT_EQ(text({model::Matcher::equal("job", "a")}), "");
  auto series = store_->catalog().series({}, {});
  ASSERT_TRUE(series.ok());
  EXPECT_EQ(series->size(), 1u);
  EXPECT_EQ(write(Batch().row({{"__name__", "m"}, {"job", "a"}}, {{2000, 8}})).samples_stored, 1u);
  EXPECT_EQ(text({model::Matcher::equal("job", "a")}), "m{job=\"a\"} 8@2000\n");
}

TEST_P(StoreContract, AnswersTheCatalog) {
  write(Batch()
            .row({{"__name__", "a"}, {"job", "x"}}, {{kHour, 1}})
            .row({{"__name__", "b"}, {"job", "y"}}, {{2 * kDay, 1}})
            .metadata("a", {"counter", "All of a.", "bytes"}));
  write(Batch()
            .row({{"__name__", "b"}, {"job", "z"}}, {{2 * kDay + kHour, 1}})
            .exemplar({model::Labels::from({{"trace_id", "t"}}), 1.5, 2 * kDay + kHour})
            .metadata("b", {"gauge", "", ""}));
  storage::Catalog& catalog = store_->catalog();
  EXPECT_EQ(catalog.series({}, {})->size(), 3u);
  EXPECT_EQ(*catalog.label_strings({}, "", {}), (std::vector<std::string>{"__name__", "job"}));
  EXPECT_EQ(*catalog.label_strings({}, "job", {}), (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(*catalog.label_strings({}, "__name__", {}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*catalog.label_strings({{{model::Matcher::equal("__name__", "b")}}}, "job", {}),
            (std::vector<std::string>{"y", "z"}));
  const storage::CatalogQuery late{{}, 2 * kDay - kHour, 3 * kDay};
  EXPECT_EQ(*catalog.label_strings(late, "job", {}), (std::vector<std::string>{"y", "z"}));
  EXPECT_TRUE(catalog.series({{}, 4 * kDay, 5 * kDay}, {})->empty());
  const auto regex = model::Matcher::create(model::MatchKind::Regex, "job", "[xy]");
  EXPECT_EQ(*catalog.label_strings({{{*regex}}}, "job", {}), (std::vector<std::string>{"x", "y"}));
  ASSERT_EQ(catalog.metadata("", {})->size(), 2u);
  EXPECT_EQ(catalog.metadata("a", {})->at(0).metadata,
            (model::Metadata{"counter", "All of a.", "bytes"}));
  const auto exemplars = catalog.exemplars({}, {});
  ASSERT_EQ(exemplars->size(), 1u);
  EXPECT_EQ(exemplars->at(0).labels.get("job"), "z");
  EXPECT_EQ(exemplars->at(0).exemplars.at(0).value, 1.5);
  EXPECT_EQ(exemplars->at(0).exemplars.at(0).labels.get("trace_id"), "t");
  EXPECT_TRUE(catalog.exemplars({{}, 0, kHour}, {})->empty());
  const auto statistics = catalog.statistics(10, {});
  ASSERT_TRUE(statistics.ok()) << statistics.error().message;
  EXPECT_EQ(statistics->series, 3u);
  EXPECT_EQ(statistics->label_pairs, 5u);
  EXPECT_EQ(statistics->min_time_ms, kHour);
  EXPECT_EQ(statistics->max_time_ms, 2 * kDay + kHour);
  EXPECT_EQ(statistics->series_by_metric.at(0).name, "b");
  EXPECT_EQ(statistics->series_by_label_pair.at(0).name, "__name__=b");
}

// The store and the oracle take the same random requests and must hold the same.
TEST_P(StoreContract, AgreesWithTheOracle) {
  auto oracle = open_metrics("memory:", {});
  ASSERT_TRUE(oracle.ok());
  std::mt19937 random(11);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const bool refuses = GetParam().refuses_duplicates;
  const int per_day = refuses ? 10 : 3;
  for (int round = 0; round < 4 * per_day; ++round) {
    Batch batch;
    std::set<std::pair<int, int64_t>> taken;
    for (int row = 0; row < 5; ++row) {
      const int series = pick(9);
      std::vector<model::Sample> samples;
      std::vector<model::HistogramSample> histograms;
      for (int i = pick(40); i >= 0; --i) {
        const int64_t time = int64_t{pick(2000)} * 15'000 + round / per_day * kDay;
        // Where nothing is refused, a time has one sample a second.
        if (refuses || taken.emplace(series, time).second)
          samples.push_back({time, double(pick(3))});
      }
      if (pick(4) == 0) histograms.push_back(histogram(pick(2000) * 15'000, 5 + pick(2)));
      batch.row({{"__name__", "m"}, {"i", std::to_string(series)}}, samples, histograms);
    }
    later();
    const auto here = write(batch);
    const auto there = (*oracle)->append(batch.get(), {});
    ASSERT_TRUE(there.ok());
    if (refuses) {
      ASSERT_EQ(here.samples_stored, there->samples_stored);
      ASSERT_EQ(here.histograms_stored, there->histograms_stored);
    }
    if (round % per_day == per_day - 1) {
      storage::CatalogQuery what{{{model::Matcher::equal("i", std::to_string(pick(9)))}},
                                 int64_t{pick(30)} * kHour,
                                 int64_t{pick(90)} * kHour};
      ASSERT_TRUE(store_->remove(what, {}).ok());
      ASSERT_TRUE((*oracle)->remove(what, {}).ok());
    }
    ASSERT_EQ(text({}, 3 * kHour, 29 * kHour),
              to_text(read_all(**oracle, {}, 3 * kHour, 29 * kHour)));
  }
  EXPECT_EQ(text(), to_text(read_all(**oracle)));
}

TEST_P(StoreContract, StopsWhenAsked) {
  write(Batch().row({{"__name__", "m"}}, {{1000, 1}}));
  std::stop_source source;
  auto selection = store_->select({{}, 0, 2000}, source.get_token());
  ASSERT_TRUE(selection.ok());
  auto cursor = (*selection)->open(0, 1, source.get_token());
  ASSERT_TRUE(cursor.ok());
  source.request_stop();
  model::SampleBlock block;
  const auto next = (*cursor)->next(block);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().kind, ErrorKind::Canceled);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::ValuesIn(kKinds),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace gnomon
