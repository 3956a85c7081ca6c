// ClickHouse goes away and comes back while samples are written and read.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "adapters/clickhouse/http_client.h"
#include "tests/servers/server.h"
#include "tests/unit/clickhouse/open_clickhouse.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

std::string rest_of(const std::string& url) { return url.substr(url.find(':') + 1); }

OpenClickHouse open(const std::string& url, const std::string& parameters) {
  storage::StoreOptions options;
  options.background = false;
  auto store = OpenClickHouse::open(rest_of(url) + parameters, options);
  EXPECT_TRUE(store.ok()) << store.error().message;
  return store.ok() ? std::move(*store) : nullptr;
}

class ClickHouseRestart : public testing::Test {
 protected:
  void SetUp() override {
    if (servers::shared_url("clickhouse").empty()) GTEST_SKIP() << "GNOMON_TEST_CLICKHOUSE=none";
    ASSERT_FALSE(server_.url().empty());
  }
  // Ends at once, in the middle of everything.
  void kill() {
    clickhouse::HttpClient client(*clickhouse::parse_options(rest_of(server_.url())));
    (void)client.fetch({.sql = "SYSTEM KILL"}).ok();
    server_.stop();
  }

  servers::Server server_{"clickhouse"};
};

TEST_F(ClickHouseRestart, LosesNoAcknowledgedSampleAndCountsNoneTwice) {
  const auto store = open(server_.url(), "");
  std::atomic<bool> stop = false;
  std::atomic<int> acknowledged = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      for (int64_t time = 1000; !stop; time += 1000) {
        Batch batch;
        for (int i = 0; i < 20; ++i) {
          batch.row({{"__name__", "m"}, {"w", std::to_string(w)}, {"i", std::to_string(i)}},
                    {{time, double(time)}});
        }
        const auto outcome = store->append(batch.get(), {});
        ASSERT_TRUE(outcome.ok()) << outcome.error().message;
        acknowledged += static_cast<int>(outcome->samples_stored);
      }
    });
  }
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(700)); };
  for (int round = 0; round < 2; ++round) {
    wait();
    kill();
    server_.start();
  }
  wait();
  server_.stop();
  server_.start();
  wait();
  stop = true;
  for (std::thread& writer : writers) writer.join();
  const auto again = open(server_.url(), "");
  size_t samples = 0;
  for (const auto& [labels, block] : read_all(*again)) {
    samples += block.size();
    for (size_t i = 0; i < block.size(); ++i) {
      ASSERT_EQ(block.times[i], static_cast<int64_t>(i + 1) * 1000) << to_string(labels);
    }
  }
  EXPECT_EQ(samples, static_cast<size_t>(acknowledged));
  EXPECT_GT(samples, 1000u);
  clickhouse::HttpClient client(*clickhouse::parse_options(rest_of(server_.url())));
  const auto rows = client.fetch({.sql = "SELECT count() FROM gnomon.samples"});
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(*rows, std::to_string(samples) + "\n");
}

// A stop ends the wait for an insert that is tried again, and in the queue behind it.
TEST_F(ClickHouseRestart, GivesUpWhenStoppedWhileItIsAway) {
  const auto store = open(server_.url(), "");
  server_.stop();
  Batch batch;
  batch.row({{"__name__", "m"}}, {{1000, 1}});
  std::stop_source sources[2];
  const auto append = [&](const std::stop_source& source) {
    return std::async(std::launch::async,
                      [&] { return store->append(batch.get(), source.get_token()); });
  };
  const auto kind = [](auto& call) {
    EXPECT_EQ(call.wait_for(std::chrono::milliseconds(200)), std::future_status::ready);
    const auto outcome = call.get();
    return outcome.ok() ? ErrorKind::Internal : outcome.error().kind;
  };
  auto sent = append(sources[0]);
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  auto queued = append(sources[1]);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  sources[1].request_stop();
  EXPECT_EQ(kind(queued), ErrorKind::Canceled);
  sources[0].request_stop();
  EXPECT_EQ(kind(sent), ErrorKind::Unavailable);
  server_.start();
  ASSERT_TRUE(store->append(batch.get(), {}).ok());
  EXPECT_EQ(to_text(read_all(*store)), "m 1@1000\n");
}

TEST_F(ClickHouseRestart, SaysWhenItIsAway) {
  const auto store = open(server_.url(), "?insert_retry_seconds=1");
  Batch batch;
  batch.row({{"__name__", "m"}}, {{1000, 1}});
  ASSERT_TRUE(store->append(batch.get(), {}).ok());
  server_.stop();
  batch.row({{"__name__", "m"}}, {{2000, 2}});
  const auto outcome = store->append(batch.get(), {});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(outcome.error().message.find("ClickHouse cannot be reached"), std::string::npos);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  const auto selection = store->select({{}, 0, 5000}, {});
  ASSERT_FALSE(selection.ok());
  EXPECT_EQ(selection.error().kind, ErrorKind::Unavailable);
  const auto closed = OpenClickHouse::open(rest_of(server_.url()), {});
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().kind, ErrorKind::Unavailable);
  server_.start();
  ASSERT_TRUE(store->append(batch.get(), {}).ok());
  EXPECT_EQ(to_text(read_all(*store)), "m 1@1000 2@2000\n");
}

}  // namespace
}  // namespace gnomon
