// A database that an earlier release wrote opens as it is and answers the same bits.
#include <fstream>
#include <sstream>

#include "tests/unit/clickhouse/clickhouse_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kBegin = 1'700'000'000'000;

class ClickHouseRelease : public ClickHouseTest {
 protected:
  void SetUp() override {
    if (servers::shared_url("clickhouse").empty()) GTEST_SKIP() << "GNOMON_TEST_CLICKHOUSE=none";
    database_.emplace();
    std::ifstream file(GNOMON_SOURCE_DIR "/testdata/sql/clickhouse/first_release.sql");
    std::stringstream sql;
    sql << file.rdbuf();
    const std::string all = sql.str();
    size_t statements = 0;
    for (size_t begin = 0, end; (end = all.find(";\n", begin)) != all.npos; begin = end + 2) {
      database_->ask(all.substr(begin, end - begin));
      if (++statements == 7) database_->ask("SYSTEM STOP MERGES {d}.samples");
    }
    ASSERT_EQ(statements, 14u);
    store_ = open();
  }
};

TEST_F(ClickHouseRelease, AnswersTheSameBits) {
  EXPECT_EQ(text(),
            "bytes_total{job=\"a\"} 5@1700000000000 7.5@1700000015000\n"
            "latency_seconds{job=\"a\"} "
            "{count:6, sum:75, (0.35355339059327373,0.5]:1, (0.7071067811865475,1]:2, "
            "(1,1.414213562373095]:3}@1700000000000 "
            "{count:9, sum:112.5, (0.35355339059327373,0.5]:2, (0.7071067811865475,1]:3, "
            "(1,1.414213562373095]:4}@1700000015000\n"
            "latency_seconds{job=\"b\"} 3.25@1700000000000 nan:7ff0000000000002@1700000015000\n"
            "requests_total{job=\"a\", path=\"/x\"} 10@1700000000000 11@1700000015000\n"
            "temperature_celsius{room=\"attic\"} -40@1600000000000\n"
            "temperature_celsius{room=\"kitchen \\\"new\\\"\"} 21.5@1700000000000 "
            "nan:7ff8000000000001@1700000015000 -0@1700000030000 "
            "1.0000000000000001e+300@1700090000000\n");
  const auto starts = read_all(*store_, {model::Matcher::equal("__name__", "bytes_total")});
  ASSERT_EQ(starts.size(), 1u);
  EXPECT_EQ(starts[0].second.starts, std::vector<int64_t>(2, kBegin - 60'000));
  const auto exemplars = store_->catalog().exemplars({}, {});
  ASSERT_TRUE(exemplars.ok() && exemplars->size() == 1);
  EXPECT_EQ(model::to_metric_string(exemplars->front().labels.view()),
            "requests_total{job=\"a\", path=\"/x\"}");
  EXPECT_EQ(exemplars->front().exemplars[0].time_ms, kBegin + 100);
  EXPECT_EQ(exemplars->front().exemplars[0].value, 0.5);
  const auto metadata = store_->catalog().metadata("latency_seconds", {});
  ASSERT_TRUE(metadata.ok() && metadata->size() == 1);
  EXPECT_EQ(metadata->front().metadata.help, "It's how long it took.\n");
}

TEST_F(ClickHouseRelease, TakesMore) {
  write(Batch()
            .row({{"__name__", "requests_total"}, {"job", "a"}, {"path", "/x"}},
                 {{kBegin + 15'000, 12}, {kBegin + 30'000, 13}})
            .row({{"__name__", "latency_seconds"}, {"job", "a"}}, {},
                 {histogram(kBegin + 30'000, 4)}));
  const auto series = [&](const char* name) {
    return read_all(*store_, {model::Matcher::equal("__name__", name)}, kBegin, kBegin + 60'000);
  };
  const auto requests = series("requests_total");
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].second.values, (std::vector<double>{10, 11, 13}));
  const auto latency = series("latency_seconds");
  ASSERT_EQ(latency.size(), 2u);
  EXPECT_EQ(latency[0].second.histograms.size(), 3u);
  EXPECT_EQ(database_->ask("SELECT count() FROM {d}.facts FINAL"), "2\n");
}

}  // namespace
}  // namespace gnomon
