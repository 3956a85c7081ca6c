// A stop ends what runs in SQLite, and what waits for it.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "adapters/sqlite/connection.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int64_t kHour = 3'600'000;
constexpr auto kSoon = 200ms;
// Runs for hours.
constexpr const char* kEndless =
    "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000000000) "
    "SELECT count(*) FROM c)";

class Stops : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = adapters::SqliteDatabase::open(file_, by_hand());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    database_ = std::move(*opened);
    append_every(database_->metrics(), "m", 0, 6 * kHour, 60'000);
    ASSERT_TRUE(database_->maintain(true).ok());
  }

  void execute(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 10'000);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(database);
  }
  // From now on reading a chunk of two hours takes for ever.
  void make_chunks_endless() {
    execute(
        "ALTER TABLE chunk RENAME TO hidden;"
        "CREATE VIEW chunk AS SELECT key, data FROM hidden WHERE " +
        std::string(kEndless) + " > 0");
  }
  void make_chunks_readable() { execute("DROP VIEW chunk; ALTER TABLE hidden RENAME TO chunk"); }

  // Where the tests of other programs hold up the threads, one of several tries must be soon
  // enough.
  template <typename Call>
  void expect_stops(const char* what, Call call) {
    auto taken = Clock::duration::max();
    for (int i = 0; i < 4 && taken > kSoon; ++i) taken = time_to_stop(what, call);
    EXPECT_LT(taken, kSoon) << what;
  }

  // Runs `call`, stops it while it is at work, and expects it to end with Canceled. How long that
  // took, or a write of another client meanwhile.
  template <typename Call>
  Clock::duration time_to_stop(const char* what, Call call) {
    std::stop_source stop;
    std::atomic<bool> ended = false;
    Clock::time_point end;
    std::thread running([&] {
      const auto result = call(stop.get_token());
      end = Clock::now();
      ended = true;
      ASSERT_FALSE(result.ok()) << what;
      EXPECT_EQ(result.error().kind, ErrorKind::Canceled) << what << result.error().message;
    });
    std::this_thread::sleep_for(100ms);
    EXPECT_FALSE(ended) << what << " was to be at work";
    // Another client is not kept waiting meanwhile.
    const auto before = Clock::now();
    append(database_->metrics(), Batch().row({{"__name__", "other"}}, {{++time_, 1}}));
    const auto asked = Clock::now();
    stop.request_stop();
    running.join();
    return std::max(end - asked, asked - before);
  }

  TemporaryFolder folder_;
  const std::string file_ = folder_.file("g.db");
  std::unique_ptr<adapters::SqliteDatabase> database_;
  int64_t time_ = 10 * kHour;
};

TEST_F(Stops, ReadingSamples) {
  make_chunks_endless();
  expect_stops("a cursor", [&](std::stop_token stop) -> Result<void> {
    auto selection = database_->metrics().select({{}, 0, kHour}, stop);
    EXPECT_TRUE(selection.ok());
    TRY(auto cursor, (*selection)->open(0, 1, stop));
    model::SampleBlock block;
    TRY([[maybe_unused]] const bool more, cursor->next(block));
    return {};
  });
  make_chunks_readable();
  EXPECT_FALSE(read_all(database_->metrics(), {}, 0, kHour).empty());
}

TEST_F(Stops, TheCatalog) {
  make_chunks_endless();
  storage::Catalog& catalog = database_->metrics().catalog();
  const storage::CatalogQuery early{{}, 0, kHour};
  expect_stops("series", [&](auto stop) { return catalog.series(early, stop); });
  expect_stops("label names", [&](auto stop) { return catalog.label_strings(early, "", stop); });
  make_chunks_readable();
  EXPECT_EQ(catalog.series(early, {})->size(), 1u);
}

TEST_F(Stops, WritesThatWaitForACommit) {
  std::stop_source release;
  std::thread busy([&] {
    (void)database_->database().exclusive([&](sqlite::Connection&) -> Result<void> {
      while (!release.stop_requested()) std::this_thread::sleep_for(1ms);
      return {};
    });
  });
  std::this_thread::sleep_for(20ms);
  std::stop_source stop;
  std::thread leaving([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto begin = Clock::now();
  const auto written = database_->metrics().append(
      Batch().row({{"__name__", "gone"}}, {{1, 1}}).get(), stop.get_token());
  EXPECT_LT(Clock::now() - begin, 5s);  // it would wait until `release`
  leaving.join();
  release.request_stop();
  busy.join();
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::Canceled);
  EXPECT_TRUE(read_all(database_->metrics(), {model::Matcher::equal("__name__", "gone")}).empty());
}

TEST_F(Stops, ADeletionThatReadsChunks) {
  const model::Matchers matchers = {model::Matcher::equal("__name__", "m")};
  make_chunks_endless();
  std::stop_source stop;
  Clock::time_point asked;
  std::thread leaving([&] {
    std::this_thread::sleep_for(100ms);
    asked = Clock::now();
    stop.request_stop();
  });
  const auto removed = database_->metrics().remove({{matchers}}, stop.get_token());
  const auto end = Clock::now();
  leaving.join();
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().kind, ErrorKind::Canceled);
  EXPECT_LT(end - asked, 5s);  // it would go on for hours
  make_chunks_readable();
  ASSERT_TRUE(database_->metrics().remove({{matchers}}, {}).ok());
  EXPECT_TRUE(read_all(database_->metrics(), matchers).empty());
}

// Also one that fires before the statement begins; and the connection can be used afterwards.
TEST(Interrupting, EndsAStatementAndNoLaterOne) {
  TemporaryFolder folder;
  auto connection = sqlite::Connection::open(folder.file("x.db"), sqlite::Connection::Mode::Create);
  ASSERT_TRUE(connection.ok());
  std::stop_source stop;
  stop.request_stop();
  {
    const sqlite::Interrupting interrupting(*connection, stop.get_token());
    const auto begin = Clock::now();
    const auto number = connection->integer("SELECT " + std::string(kEndless));
    EXPECT_LT(Clock::now() - begin, 5s);  // it would go on for hours
    ASSERT_FALSE(number.ok());
    EXPECT_EQ(number.error(), base::canceled());
  }
  EXPECT_EQ(connection->integer("SELECT 7").value(), 7);
}

}  // namespace
}  // namespace gnomon
