// What happens to samples as they age: sealed, merged into days, expired; and the size of the file.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

class Aging : public testing::Test {
 protected:
  void open(int64_t retention_ms = 0) {
    store_.reset();
    auto store = adapters::SqliteDatabase::open(file_, by_hand(retention_ms));
    ASSERT_TRUE(store.ok()) << store.error().message;
    store_ = std::move(*store);
  }

  void write(const std::string& series, int64_t first_ms, int64_t last_ms, int64_t step_ms) {
    append_every(store_->metrics(), series, first_ms, last_ms, step_ms);
  }

  void maintain(bool everything = false) { ASSERT_TRUE(store_->maintain(everything).ok()); }

  std::string text() { return to_text(read_all(store_->metrics())); }

  double counter(const std::string& name) {
    return store_->metrics().catalog().statistics(1, {})->counters.at("gnomon_store_" + name);
  }

  // A number from the closed file.
  int64_t query(const std::string& sql) {
    store_.reset();
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
  }

  TemporaryFolder folder_;
  std::string file_ = folder_.file("g.db");
  std::unique_ptr<adapters::SqliteDatabase> store_;
};

TEST_F(Aging, WindowsAreSealedWhenTheyAreOver) {
  open();
  write("m", 0, 3 * kHour, 15'000);
  maintain();
  EXPECT_EQ(counter("head_samples"), 241);  // the first window is sealed, the second is open
  EXPECT_EQ(counter("chunks"), 1);
  EXPECT_GT(counter("log_bytes"), 0);  // one record holds samples of both
  write("m", 3 * kHour + 15'000, 5 * kHour, 15'000);
  maintain();
  EXPECT_EQ(counter("chunks"), 2);
  const std::string before = text();
  maintain(true);
  EXPECT_EQ(counter("head_samples"), 0);
  EXPECT_EQ(counter("log_bytes"), 0);
  EXPECT_EQ(text(), before);
  EXPECT_EQ(query("SELECT count(*) FROM log"), 0);
  EXPECT_EQ(query("SELECT count(*) FROM sealed"), 0);
}

TEST_F(Aging, LateSamplesReopenAWindow) {
  open();
  write("m", 0, kHour, 60'000);
  maintain(true);
  write("m", kHour + 60'000, 2 * kHour - 1, 60'000);
  write("n", 30'000, kHour, 60'000);
  write("m", 30'000, kHour, 60'000);
  const std::string before = text();
  maintain(true);
  EXPECT_EQ(text(), before);
  EXPECT_EQ(query("SELECT count(*) FROM chunk"), 2);
}

TEST_F(Aging, OldWindowsBecomeDays) {
  open();
  for (int64_t day = 0; day < 4; ++day) {
    write("m", day * kDay, (day + 1) * kDay - 1, 60'000);
    write("short", day * kDay, day * kDay + kHour, 60'000);
    maintain();
  }
  const std::string before = text();
  for (int i = 0; i < 8; ++i) maintain();
  EXPECT_EQ(text(), before);
  // Late samples for a merged day, sealed and merged again.
  write("m", 30'000, 3 * kHour, 60'000);
  write("late", 30'000, 3 * kHour, 60'000);
  const std::string more = text();
  maintain(true);
  EXPECT_EQ(text(), more);
  for (int i = 0; i < 4; ++i) maintain();
  EXPECT_EQ(text(), more);
  open();
  EXPECT_EQ(text(), more);
  EXPECT_EQ(query("SELECT count(*) FROM day_chunk WHERE key >> 32 = 0"), 3);
  EXPECT_EQ(query("SELECT count(*) FROM chunk WHERE key >> 32 < 12"), 0);
}

TEST_F(Aging, AQueryUnderWayKeepsTheWindowsOfAMergedDay) {
  open();
  write("m", 0, kDay - 1, 60'000);
  write("m", 3 * kDay, 3 * kDay, 1);
  maintain(true);
  auto selection = store_->metrics().select({{}, 0, kDay}, {});
  ASSERT_TRUE(selection.ok());
  const std::string before = text();
  for (int i = 0; i < 3; ++i) maintain(true);
  // Late samples go into a window that waits for its deletion.
  write("m", 30'000, kHour, 60'000);
  const std::string late = text();
  maintain(true);
  EXPECT_EQ(text(), late);
  auto cursor = (*selection)->open(0, 1, {});
  model::SampleBlock block;
  ASSERT_TRUE(*(*cursor)->next(block));
  EXPECT_EQ(block.size(), 1440u + 60u);  // the late ones may be seen
  cursor->reset();
  selection->reset();
  for (int i = 0; i < 4; ++i) maintain(true);
  EXPECT_EQ(text(), late);
  EXPECT_EQ(query("SELECT count(*) FROM chunk WHERE key >> 32 < 12"), 0);
}

TEST_F(Aging, WhatIsPastTheRetentionGoes) {
  open(2 * kDay);
  write("old", 0, kHour, 60'000);
  write("both", 0, kHour, 60'000);
  maintain(true);
  write("both", 5 * kDay, 5 * kDay + kHour, 60'000);
  maintain(true);
  maintain(true);
  const auto all = read_all(store_->metrics());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].first.get("__name__"), "both");
  EXPECT_EQ(all[0].second.times.front(), 5 * kDay);
  EXPECT_EQ(store_->metrics().catalog().series({}, {})->size(), 1u);
  // The number of a forgotten series is not given again.
  open(2 * kDay);
  EXPECT_EQ(store_->metrics().catalog().series({}, {})->size(), 1u);
  write("new", 5 * kDay, 5 * kDay, 1);
  EXPECT_EQ(query("SELECT max(first) FROM series"), 3);
}

TEST_F(Aging, TheFileIsSmallWhenClosed) {
  open();
  Batch batch;
  for (int i = 0; i < 2000; ++i) {
    std::vector<model::Sample> samples;
    for (int t = 0; t < 240; ++t) samples.push_back({t * 15'000, double(i + t)});
    batch.row({{"__name__", "m"}, {"job", "some longer value"}, {"i", std::to_string(i)}}, samples);
  }
  ASSERT_TRUE(store_->metrics().append(batch.get(), {}).ok());
  EXPECT_EQ(query("PRAGMA freelist_count"), 0);
  EXPECT_LT(std::filesystem::file_size(file_), 600'000u);
  EXPECT_FALSE(std::filesystem::exists(file_ + "-wal"));
}

TEST_F(Aging, TheWriteAheadLogStartsAnew) {
  open();
  std::vector<model::Sample> samples;
  for (int t = 0; t < 1000; ++t) samples.push_back({t * 1000, double(t)});
  Batch batch;
  for (int i = 0; i < 1800; ++i) {
    batch.row({{"__name__", "m"}, {"i", std::to_string(i)}}, samples);
  }
  ASSERT_TRUE(store_->metrics().append(batch.get(), {}).ok());
  const auto before = std::filesystem::file_size(file_ + "-wal");
  ASSERT_GT(before, 17u << 20);
  maintain();
  write("n", 0, 0, 1);
  EXPECT_LT(std::filesystem::file_size(file_ + "-wal"), 17u << 20);
  EXPECT_GT(std::filesystem::file_size(file_), 15u << 20);
}

TEST_F(Aging, ALargeWindowIsSeveralChunks) {
  open();
  write("m", 0, 2 * kHour - 1, 250);
  maintain(true);
  const auto all = read_all(store_->metrics(), {}, kHour, kHour + 999);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].second.times,
            (std::vector<int64_t>{kHour, kHour + 250, kHour + 500, kHour + 750}));
  EXPECT_EQ(read_all(store_->metrics())[0].second.size(), 28'800u);
}

}  // namespace
}  // namespace gnomon
