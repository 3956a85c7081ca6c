// What is ClickHouse's own: several servers that do not know of each other, partitions, errors.
// What every store must do is in tests/unit/adapters/contract_test.cpp.
#include <thread>

#include "adapters/clickhouse/existence.h"
#include "tests/unit/clickhouse/clickhouse_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

using ClickHouse = ClickHouseTest;

TEST_F(ClickHouse, RefusesWhatDiffersFromWhatItHasJustWritten) {
  write(Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2}}));
  const auto outcome =
      write(Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2.5}, {3000, 3}, {3000, 4}}));
  EXPECT_EQ(outcome.samples_stored, 2u);
  EXPECT_EQ(outcome.refused.count(model::RefusalReason::DuplicateValue), 2u);
  EXPECT_EQ(outcome.refused.named()[0].what, "m at 2000");
  EXPECT_EQ(text(), "m 1@1000 2@2000 3@3000\n");
}

// Another server, or this one after a restart, does not know what was written: the table does.
TEST_F(ClickHouse, KeepsTheFirstSampleOfSeveralServers) {
  database_->ask("SYSTEM STOP MERGES {d}.samples");
  write(
      Batch().row({{"__name__", "m"}}, {{1000, 1}, {2000, 2}}).row({{"__name__", "n"}}, {{1, 1}}));
  become_another_server();
  write(Batch().row({{"__name__", "m"}}, {{1000, 7}, {2000, 2}, {3000, 3}}));
  become_another_server();
  write(Batch().row({{"__name__", "m"}}, {{500, 5}, {1000, 8}, {2000, 9}, {3000, 3}}));
  const std::string first = "m 5@500 1@1000 2@2000 3@3000\nn 1@1\n";
  EXPECT_EQ(text(), first);
  const storage::Fragment last{{model::Matcher::equal("__name__", "m")},
                               0,
                               2000,
                               storage::LastPerStep{model::TimeGrid::instant(2000)}};
  auto selection = store_->select(last, {});
  ASSERT_TRUE(selection.ok());
  auto cursor = (*selection)->open(0, 1, {});
  model::SampleBlock block;
  ASSERT_TRUE(*(*cursor)->next(block));
  EXPECT_EQ(block.values, std::vector<double>{2});
  database_->ask("SYSTEM START MERGES {d}.samples");
  database_->ask("OPTIMIZE TABLE {d}.samples FINAL");
  EXPECT_EQ(database_->ask("SELECT count() FROM {d}.samples"), "5\n");
  EXPECT_EQ(text(), first);
}

TEST_F(ClickHouse, SeesWhatOtherServersWriteWithinASecond) {
  write(Batch().row({{"__name__", "m"}, {"i", "1"}}, {{1000, 1}}));
  EXPECT_EQ(text(), "m{i=\"1\"} 1@1000\n");
  const auto other = open();
  ASSERT_TRUE(other->append(Batch().row({{"__name__", "m"}, {"i", "2"}}, {{1, 2}}).get(), {}).ok());
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_EQ(text(), "m{i=\"1\"} 1@1000\nm{i=\"2\"} 2@1\n");
}

TEST_F(ClickHouse, DropsPartitionsThatAreTooOld) {
  store_ = nullptr;
  database_->ask("DROP DATABASE {d} SYNC");
  store_ = open("", 3 * kDay);
  for (int day = 0; day < 6; ++day) {
    const std::string name = "m" + std::to_string(day);
    write(Batch().row({{"__name__", name}}, {{day * kDay + kHour, 1}}, {histogram(day * kDay, 4)}));
  }
  ASSERT_TRUE(store_.database().maintain().ok());
  std::string names;
  for (const auto& [labels, block] : read_all(*store_)) names += labels.get("__name__");
  EXPECT_EQ(names, "m2m3m4m5");
}

TEST_F(ClickHouse, IsMadeWhenItIsOpened) {
  const std::string rest = database_->rest();
  EXPECT_TRUE(clickhouse::may_exist(rest));
  EXPECT_FALSE(clickhouse::may_exist(rest + "_other"));
}

// Closing the connection ends the query in ClickHouse, too.
TEST_F(ClickHouse, LeavesNoQueryBehind) {
  const std::string sql = "SELECT sum(cityHash64(number)) FROM numbers(1000000000000)";
  std::stop_source source;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    source.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer =
      database_->client().fetch({.sql = sql, .reads_only = true}, source.get_token());
  stopper.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::Canceled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  const std::string running =
      "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sum(city%'";
  for (int i = 0; i < 50 && database_->ask(running) != "0\n"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(database_->ask(running), "0\n");
}

TEST_F(ClickHouse, SaysWhatClickHouseSays) {
  const auto early = database_->client().fetch({.sql = "SELECT nonsense"});
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().kind, ErrorKind::Execution);
  EXPECT_NE(early.error().message.find("nonsense"), std::string::npos) << early.error().message;
  // In the middle of an answer that began well.
  const auto late = database_->client().fetch(
      {.sql = "SELECT throwIf(number = 5000000, 'too far') FROM numbers(10000000) FORMAT Native",
       .settings = {{"max_threads", "1"}}});
  ASSERT_FALSE(late.ok());
  EXPECT_NE(late.error().message.find("too far"), std::string::npos) << late.error().message;
  const auto slow = database_->client().fetch(
      {.sql = "SELECT sum(cityHash64(number)) FROM numbers(1000000000000)",
       .settings = {{"max_execution_time", "1"}}});
  ASSERT_FALSE(slow.ok());
  EXPECT_EQ(slow.error().kind, ErrorKind::Timeout) << slow.error().message;
}

}  // namespace
}  // namespace gnomon
