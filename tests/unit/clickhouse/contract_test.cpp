// What every MetricStore must do, on ClickHouse.
#include <bit>
#include <cmath>
#include <random>
#include <thread>

#include "adapters/clickhouse/existence.h"
#include "src/storage/window.h"
#include "tests/unit/clickhouse/clickhouse_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;
using Reason = model::WriteOutcome::Reason;

using ClickHouseContract = ClickHouseTest;

model::Matchers equal(const char* name, const std::string& value) {
  return {model::Matcher::equal(name, value)};
}

TEST_F(ClickHouseContract, GivesBackWhatWasWritten) {
  write(Batch().row({{"__name__", "up"}, {"job", "b"}}, {{1000, 1}, {2000, 2}}));
  write(Batch()
            .row({{"__name__", "up"}, {"job", "a"}, {"Zone", "1"}}, {{1500, 0.25}})
            .row({{"__name__", "down"}}, {{-5 * kHour, -7}, {9 * kHour, 1e300}})
            .row({{"job", "nameless"}}, {{1500, 3}}));
  const std::string all =
      "up{Zone=\"1\", job=\"a\"} 0.25@1500\n"
      "down -7@-18000000 1.0000000000000001e+300@32400000\n"
      "up{job=\"b\"} 1@1000 2@2000\n"
      "{job=\"nameless\"} 3@1500\n";
  EXPECT_EQ(text(), all);
  EXPECT_EQ(text(equal("job", "b")), "up{job=\"b\"} 1@1000 2@2000\n");
  EXPECT_EQ(text(equal("__name__", ""), 1500, 2000), "{job=\"nameless\"} 3@1500\n");
  EXPECT_EQ(text({}, 3000, 2999), "");
  store_ = open();
  EXPECT_EQ(text(), all);
}

TEST_F(ClickHouseContract, MatchesAsPromQlDoes) {
  for (const char* value : {"a", "b\n", "ü", "'\\", "aa"}) {
    write(Batch().row({{"__name__", "m"}, {"v", value}}, {{1, 1}}));
  }
  write(Batch().row({{"__name__", "m"}}, {{1, 1}}));
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

TEST_F(ClickHouseContract, TakesSamplesInAnyOrder) {
  write(Batch().row({{"__name__", "m"}}, {{5000, 5}, {1000, 1}}));
  write(Batch().row({{"__name__", "m"}}, {{3000, 3}}));
  write(Batch().row({{"__name__", "m"}}, {{2000, 2}, {6000, 6}, {4000, 4}}));
  write(Batch().row({{"__name__", "m"}}, {{0, 0}, {7 * kHour, 7}, {30 * kHour, 9}}));
  EXPECT_EQ(text(), "m 0@0 1@1000 2@2000 3@3000 4@4000 5@5000 6@6000 7@25200000 9@108000000\n");
}

TEST_F(ClickHouseContract, KeepsTheFirstSampleOfATime) {
  write(Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2}}));
  const auto outcome =
      write(Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2.5}, {3000, 3}, {3000, 4}}));
  EXPECT_EQ(outcome.samples_stored, 2u);
  EXPECT_EQ(outcome.refused[static_cast<size_t>(Reason::DuplicateValue)], 2u);
  EXPECT_EQ(outcome.refusals[0].labels, "m");
  EXPECT_EQ(text(), "m 1@1000 2@2000 3@3000\n");
}

// Another server, or this one after a restart, does not know what was written: the table does.
TEST_F(ClickHouseContract, KeepsTheFirstSampleOfSeveralServers) {
  ask("SYSTEM STOP MERGES `" + options_.database + "`.samples");
  write(
      Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2}}).row({{"__name__", "n"}}, {{1, 1}}));
  become_another_server();
  write(Batch().row({{"__name__", "m"}}, {{1000, 7}, {2000, 2}, {3000, 3}}));
  become_another_server();
  write(Batch().row({{"__name__", "m"}}, {{500, 5}, {1000, 8}, {2000, 9}, {3000, 3}}));
  const std::string first = "m 5@500 1@1000 2@2000 3@3000\nn 1@1\n";
  EXPECT_EQ(text(), first);
  const storage::Fragment last{equal("__name__", "m"), 0, 2000,
                               storage::LastPerStep{model::TimeGrid::instant(2000)}};
  auto selection = store_->select(last, {});
  ASSERT_TRUE(selection.ok());
  auto cursor = (*selection)->open(0, 1, {});
  model::SampleBlock block;
  ASSERT_TRUE(*(*cursor)->next(block));
  EXPECT_EQ(block.values, std::vector<double>{2});
  ask("SYSTEM START MERGES `" + options_.database + "`.samples");
  ask("OPTIMIZE TABLE `" + options_.database + "`.samples FINAL");
  EXPECT_EQ(ask("SELECT count() FROM `" + options_.database + "`.samples"), "5\n");
  EXPECT_EQ(text(), first);
}

TEST_F(ClickHouseContract, KeepsEveryBitOfAValue) {
  std::vector<model::Sample> samples;
  const uint64_t bits[] = {model::kStaleBits,  model::kNormalNaNBits, 0x7ff8000000000000,
                           0xfff8000000000123, 0x7ff0000000000001,    0x7ff0000000000000,
                           0xfff0000000000000, 0x8000000000000000,    0x0000000000000001,
                           0x7fefffffffffffff};
  int64_t time = 0;
  for (uint64_t b : bits) samples.push_back({time += 15'000, std::bit_cast<double>(b)});
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; ++i) {
    samples.push_back({time += 15'000, std::bit_cast<double>(random())});
  }
  write(Batch().row({{"__name__", "m"}}, samples));
  ask("OPTIMIZE TABLE `" + options_.database + "`.samples FINAL");
  const auto all = read_all(*store_);
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].second.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    ASSERT_EQ(all[0].second.times[i], samples[i].time_ms);
    ASSERT_EQ(std::bit_cast<uint64_t>(all[0].second.values[i]),
              std::bit_cast<uint64_t>(samples[i].value));
  }
}

model::HistogramSample histogram(int64_t time_ms, double count) {
  auto histogram = std::make_shared<model::Histogram>();
  histogram->integer = true;
  histogram->schema = 1;
  histogram->count = count;
  histogram->sum = 2.5 * count;
  histogram->positive_spans = {{-2, 1}, {1, 1}};
  histogram->positive_buckets = {1, count - 1};
  return {time_ms, std::move(histogram), 0};
}

TEST_F(ClickHouseContract, KeepsHistogramsBesideFloats) {
  write(Batch().row({{"__name__", "h"}}, {{2000, 1}}, {histogram(1000, 10), histogram(3000, 12)}));
  become_another_server();
  write(Batch().row({{"__name__", "h"}}, {{5000, 5}},
                    {histogram(1000, 11), histogram(2000, 3), histogram(9 * kHour, 20)}));
  const auto all = read_all(*store_);
  ASSERT_EQ(all.size(), 1u);
  const model::SampleBlock& block = all[0].second;
  EXPECT_EQ(block.times, (std::vector<int64_t>{2000, 5000}));
  ASSERT_EQ(block.histograms.size(), 3u);
  EXPECT_TRUE(identical(*block.histograms[0].histogram, *histogram(0, 10).histogram));
  EXPECT_EQ(block.histograms[1].time_ms, 3000);
  EXPECT_TRUE(identical(*block.histograms[2].histogram, *histogram(0, 20).histogram));
}

TEST_F(ClickHouseContract, KeepsStartTimestamps) {
  const auto up = [](std::vector<model::Sample> samples) {
    return Batch().row({{"__name__", "up"}}, std::move(samples));
  };
  write(up({{2000, 2}, {9 * kHour, 9}}));
  EXPECT_TRUE(read_all(*store_)[0].second.starts.empty());
  write(up({{1000, 1}, {3000, 3}}).starts({500, 0}));
  write(up({{4000, 4}, {5000, 5}}).starts({3500, 3500}));
  const std::vector<int64_t> starts = {500, 0, 0, 3500, 3500, 0};
  EXPECT_EQ(read_all(*store_)[0].second.starts, starts);
  store_ = open();
  EXPECT_EQ(read_all(*store_)[0].second.starts, starts);
}

TEST_F(ClickHouseContract, DeletesByMatcherAndTime) {
  for (const char* job : {"a", "b"}) {
    write(Batch().row({{"__name__", "m"}, {"job", job}},
                      {{1000, 1}, {2000, 2}, {3000, 3}, {5 * kHour, 5}, {30 * kHour, 30}}));
  }
  ASSERT_TRUE(store_->remove({{equal("job", "a")}, 2000, 6 * kHour}).ok());
  EXPECT_EQ(text(),
            "m{job=\"a\"} 1@1000 30@108000000\n"
            "m{job=\"b\"} 1@1000 2@2000 3@3000 5@18000000 30@108000000\n");
  // What was deleted may be written again.
  EXPECT_EQ(write(Batch().row({{"__name__", "m"}, {"job", "a"}}, {{2000, 7}})).samples_stored, 1u);
  EXPECT_EQ(text(equal("job", "a"), 0, kHour), "m{job=\"a\"} 1@1000 7@2000\n");
  ASSERT_TRUE(store_->remove({{equal("job", "a")}}).ok());
  EXPECT_EQ(text(equal("job", "a")), "");
  EXPECT_EQ(store_->catalog().series({})->size(), 1u);
  EXPECT_EQ(write(Batch().row({{"__name__", "m"}, {"job", "a"}}, {{2000, 8}})).samples_stored, 1u);
  EXPECT_EQ(text(equal("job", "a")), "m{job=\"a\"} 8@2000\n");
}

TEST_F(ClickHouseContract, AnswersTheCatalog) {
  write(Batch()
            .row({{"__name__", "a"}, {"job", "x"}}, {{kHour, 1}})
            .row({{"__name__", "b"}, {"job", "y"}}, {{2 * kDay, 1}})
            .metadata("a", {"counter", "All of a.", "bytes"}));
  write(Batch()
            .row({{"__name__", "b"}, {"job", "z"}}, {{2 * kDay + kHour, 1}})
            .exemplar({model::Labels::from({{"trace_id", "t"}}), 1.5, 2 * kDay + kHour})
            .metadata("b", {"gauge", "", ""}));
  storage::Catalog& catalog = store_->catalog();
  EXPECT_EQ(catalog.series({})->size(), 3u);
  EXPECT_EQ(*catalog.label_strings({}, ""), (std::vector<std::string>{"__name__", "job"}));
  EXPECT_EQ(*catalog.label_strings({}, "job"), (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(*catalog.label_strings({}, "__name__"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*catalog.label_strings({{equal("__name__", "b")}}, "job"),
            (std::vector<std::string>{"y", "z"}));
  const storage::CatalogQuery late{{}, 2 * kDay - kHour, 3 * kDay};
  EXPECT_EQ(*catalog.label_strings(late, "job"), (std::vector<std::string>{"y", "z"}));
  EXPECT_TRUE(catalog.series({{}, 4 * kDay, 5 * kDay})->empty());
  const auto regex = model::Matcher::create(model::MatchKind::Regex, "job", "[xy]");
  EXPECT_EQ(*catalog.label_strings({{{*regex}}}, "job"), (std::vector<std::string>{"x", "y"}));
  ASSERT_EQ(catalog.metadata("")->size(), 2u);
  EXPECT_EQ(catalog.metadata("a")->at(0).metadata,
            (model::Metadata{"counter", "All of a.", "bytes"}));
  const auto exemplars = catalog.exemplars({});
  ASSERT_EQ(exemplars->size(), 1u);
  EXPECT_EQ(exemplars->at(0).labels.get("job"), "z");
  EXPECT_EQ(exemplars->at(0).exemplars.at(0).value, 1.5);
  EXPECT_EQ(exemplars->at(0).exemplars.at(0).labels.get("trace_id"), "t");
  EXPECT_TRUE(catalog.exemplars({{}, 0, kHour})->empty());
  const auto statistics = catalog.statistics(10);
  ASSERT_TRUE(statistics.ok()) << statistics.error().message;
  EXPECT_EQ(statistics->series, 3u);
  EXPECT_EQ(statistics->label_pairs, 5u);
  EXPECT_EQ(statistics->min_time_ms, kHour);
  EXPECT_EQ(statistics->max_time_ms, 2 * kDay + kHour);
  EXPECT_EQ(statistics->series_by_metric.at(0).name, "b");
  EXPECT_EQ(statistics->series_by_label_pair.at(0).name, "__name__=b");
}

TEST_F(ClickHouseContract, SeesWhatOtherServersWriteWithinASecond) {
  write(Batch().row({{"__name__", "m"}, {"i", "1"}}, {{1000, 1}}));
  EXPECT_EQ(text(), "m{i=\"1\"} 1@1000\n");
  const auto other = open();
  ASSERT_TRUE(other->append(Batch().row({{"__name__", "m"}, {"i", "2"}}, {{1, 2}}).get()).ok());
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_EQ(text(), "m{i=\"1\"} 1@1000\nm{i=\"2\"} 2@1\n");
}

TEST_F(ClickHouseContract, DropsPartitionsThatAreTooOld) {
  store_ = nullptr;
  ask("DROP DATABASE " + options_.database + " SYNC");
  store_ = open("", 3 * kDay);
  for (int day = 0; day < 6; ++day) {
    const std::string name = "m" + std::to_string(day);
    write(Batch().row({{"__name__", name}}, {{day * kDay + kHour, 1}}, {histogram(day * kDay, 4)}));
  }
  ASSERT_TRUE(store_->maintain().ok());
  std::string names;
  for (const auto& [labels, block] : read_all(*store_)) names += labels.get("__name__");
  EXPECT_EQ(names, "m2m3m4m5");
}

TEST_F(ClickHouseContract, StopsWhenAsked) {
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

TEST_F(ClickHouseContract, IsMadeWhenItIsOpened) {
  const std::string rest =
      "//" + options_.host + ":" + std::to_string(options_.port) + "/" + options_.database;
  EXPECT_TRUE(clickhouse::may_exist(rest));
  EXPECT_FALSE(clickhouse::may_exist(rest + "_other"));
}

// Closing the connection ends the query in ClickHouse, too.
TEST_F(ClickHouseContract, LeavesNoQueryBehind) {
  const std::string sql = "SELECT sum(cityHash64(number)) FROM numbers(1000000000000)";
  std::stop_source source;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    source.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = client_->fetch({.sql = sql, .reads_only = true}, source.get_token());
  stopper.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::Canceled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  const std::string running =
      "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sum(city%'";
  for (int i = 0; i < 50 && ask(running) != "0\n"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(ask(running), "0\n");
}

TEST_F(ClickHouseContract, SaysWhatClickHouseSays) {
  const auto early = client_->fetch({.sql = "SELECT nonsense"});
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().kind, ErrorKind::Execution);
  EXPECT_NE(early.error().message.find("nonsense"), std::string::npos) << early.error().message;
  // In the middle of an answer that began well.
  const auto late = client_->fetch(
      {.sql = "SELECT throwIf(number = 5000000, 'too far') FROM numbers(10000000) FORMAT Native",
       .settings = {{"max_threads", "1"}}});
  ASSERT_FALSE(late.ok());
  EXPECT_NE(late.error().message.find("too far"), std::string::npos) << late.error().message;
  const auto slow =
      client_->fetch({.sql = "SELECT sum(cityHash64(number)) FROM numbers(1000000000000)",
                      .settings = {{"max_execution_time", "1"}}});
  ASSERT_FALSE(slow.ok());
  EXPECT_EQ(slow.error().kind, ErrorKind::Timeout) << slow.error().message;
}

}  // namespace
}  // namespace gnomon
