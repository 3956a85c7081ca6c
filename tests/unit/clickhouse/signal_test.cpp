// Another signal in the database of metrics, which knows nothing of it: one group commit, one
// poller, one expiry.
#include <functional>
#include <thread>
#include <vector>

#include "tests/unit/clickhouse/clickhouse_fixture.h"
#include "tests/unit/clickhouse/toy_signal.h"

namespace gnomon {
namespace {

constexpr int64_t kDay = 86'400'000;

class ClickHouseSignals : public ClickHouseTest {
 protected:
  void SetUp() override {
    ClickHouseTest::SetUp();
    if (IsSkipped()) return;
    toy_ = std::make_unique<ToySignal>(store_.database().client());
    const auto added = store_.database().add(*toy_, 3 * kDay);
    ASSERT_TRUE(added.ok()) << added.error().message;
  }
  // The store goes first: it must not outlive its database.
  void TearDown() override {
    store_ = nullptr;
    toy_.reset();
  }

  Result<void> write_toy(int64_t time_ms, const std::string& text) {
    ToyEntry entry(*toy_, time_ms, text);
    return store_.database().writer().write(entry);
  }
  // Runs all at once, in the next group.
  void together(std::vector<std::function<void()>> calls) {
    std::vector<std::thread> threads;
    const auto body = [&] {
      for (auto& call : calls) threads.emplace_back(call);
      std::this_thread::sleep_for(std::chrono::milliseconds(200));  // they queue up
      return Result<void>();
    };
    EXPECT_TRUE(store_.database().writer().exclusive(body, {}).ok());
    for (std::thread& thread : threads) thread.join();
  }

  std::unique_ptr<ToySignal> toy_;
};

TEST_F(ClickHouseSignals, ShareTheGroupCommit) {
  std::atomic<int> stored = 0;
  together({[&] { stored += write_toy(1000, "a").ok(); },
            [&] {
              const auto batch = Batch().row({{"__name__", "m"}}, {{1000, 1}});
              stored += store_->append(batch.get(), {}).ok();
            },
            [&] { stored += write_toy(2000, "b").ok(); }});
  EXPECT_EQ(stored, 3);
  EXPECT_EQ(toy_->group_sizes(), std::vector<size_t>{2});
  EXPECT_EQ(text(), "m 1@1000\n");
  EXPECT_EQ(database_->ask("SELECT text FROM {d}.toy ORDER BY time"), "a\nb\n");
}

TEST_F(ClickHouseSignals, FailEachOnItsOwn) {
  std::atomic<bool> toy_failed = false, stored = false;
  database_->ask("DROP TABLE {d}.toy SYNC");
  const auto with_metrics = [&](const std::string& word) {
    together({[&] { toy_failed = !write_toy(1000, word).ok(); },
              [&] {
                const auto batch = Batch().row({{"__name__", "m"}}, {{1000, 1}});
                stored = store_->append(batch.get(), {}).ok();
              }});
  };
  with_metrics("a");
  EXPECT_TRUE(toy_failed && stored);
  with_metrics("throw");
  EXPECT_TRUE(toy_failed && stored);
  EXPECT_EQ(text(), "m 1@1000\n");
}

TEST_F(ClickHouseSignals, HearOfOtherServersThroughThePoller) {
  const auto other = open();
  ToySignal toy(other.database().client());
  ASSERT_TRUE(other.database().add(toy, 0).ok());
  const auto poll = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    const auto version = other.database().poller().poll(toy, {});
    EXPECT_TRUE(version.ok()) << version.error().message;
    return version.ok() ? *version : 0;
  };
  const auto at = [&](int64_t time_ms) { return toy.changes().version(time_ms, time_ms + 999); };
  ASSERT_TRUE(write_toy(1000, "first of its day").ok());
  uint64_t words = poll();
  const uint64_t now = at(60'000), later = at(10 * kDay);
  EXPECT_EQ(poll(), words);
  EXPECT_EQ(at(60'000), now);
  // A time, and no other.
  ASSERT_TRUE(write_toy(60'500, "a").ok());
  EXPECT_EQ(poll(), words);
  EXPECT_NE(at(60'000), now);
  EXPECT_EQ(at(10 * kDay), later);
  // A table that is watched as a whole, and what is true of all.
  const uint64_t written = at(60'000);
  database_->ask("INSERT INTO {d}.toy_words VALUES ('blue')");
  EXPECT_NE(poll(), words);
  EXPECT_EQ(toy.words(), std::vector<std::string>{"blue"});
  EXPECT_EQ(at(60'000), written);
  // The other signal's changes are its own.
  words = poll();
  write(Batch().row({{"__name__", "m"}}, {{60'500, 1}}));
  EXPECT_EQ(poll(), words);
  EXPECT_EQ(at(60'000), written);
  EXPECT_EQ(to_text(read_all(*other)), "m 1@60500\n");
}

TEST_F(ClickHouseSignals, ExpireByTheirOwnTime) {
  store_ = nullptr;
  database_->ask("DROP DATABASE {d} SYNC");
  store_ = open("", 3 * kDay);
  toy_ = std::make_unique<ToySignal>(store_.database().client());
  ASSERT_TRUE(store_.database().add(*toy_, 2 * kDay).ok());
  for (int64_t day = 0; day < 6; ++day) {
    ASSERT_TRUE(write_toy(day * kDay, "day " + std::to_string(day)).ok());
  }
  database_->ask("INSERT INTO {d}.toy_words VALUES ('blue')");
  write(Batch().row({{"__name__", "m"}}, {{kDay, 1}}));
  ASSERT_TRUE(store_.database().maintain().ok());
  EXPECT_EQ(database_->ask("SELECT text FROM {d}.toy ORDER BY time"), "day 3\nday 4\nday 5\n");
  EXPECT_EQ(text(), "m 1@86400000\n");
}

}  // namespace
}  // namespace gnomon
