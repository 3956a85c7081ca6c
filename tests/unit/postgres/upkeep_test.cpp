// What happens to samples in Postgres as they age, and what a schema says that is not ours.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

class PostgresAging : public testing::Test {
 protected:
  void open(int64_t retention_ms = 0) {
    store_.reset();
    store_ = schema_.open(by_hand(retention_ms));
  }
  void write(const std::string& series, int64_t first_ms, int64_t last_ms, int64_t step_ms) {
    append_every(*store_, series, first_ms, last_ms, step_ms);
  }
  void maintain(bool everything = false) {
    const auto done = store_->maintain(everything);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  std::string text() { return to_text(read_all(*store_)); }

  PostgresSchema schema_;
  std::unique_ptr<OpenPostgres> store_;
};

TEST_F(PostgresAging, WindowsAreSealedWhenTheyAreOver) {
  open();
  write("m", 0, 5 * kHour, 60'000);
  const std::string all = text();
  maintain();
  EXPECT_EQ(schema_.number("SELECT count(*) FROM {s}.stored"), 2);
  EXPECT_EQ(schema_.number("SELECT count(*) FROM {s}.chunk"), 2);
  EXPECT_EQ(text(), all);
  open();
  EXPECT_EQ(text(), all);
}

TEST_F(PostgresAging, LateSamplesReopenAWindow) {
  open();
  write("m", 0, 5 * kHour, 60'000);
  maintain(true);
  write("m", 30'000, kHour, 60'000);
  write("n", 30'000, kHour, 60'000);
  const std::string all = text();
  maintain(true);
  EXPECT_EQ(text(), all);
  EXPECT_EQ(schema_.number("SELECT chunks FROM {s}.stored WHERE win = 0"), 2);
  open();
  EXPECT_EQ(text(), all);
}

TEST_F(PostgresAging, OldWindowsBecomeDaysAndTheirPartGoes) {
  open();
  write("m", 0, 3 * kDay, kHour / 2);
  const std::string all = text();
  for (int i = 0; i < 3; ++i) maintain(true);
  EXPECT_EQ(text(), all);
  EXPECT_EQ(schema_.number("SELECT count(*) FROM {s}.day_chunk"), 1);
  EXPECT_EQ(schema_.number("SELECT to_regclass('{s}.chunk_0') IS NULL"), 0);
  // A query under way goes on with the windows it knows.
  auto selection = store_->select({{}, 0, kDay}, {});
  ASSERT_TRUE(selection.ok());
  schema_.number("UPDATE {s}.stored SET dead = dead - interval '1 hour' RETURNING 1");
  open();
  maintain();
  EXPECT_EQ(schema_.number("SELECT to_regclass('{s}.chunk_0') IS NULL"), 1);
  EXPECT_EQ(text(), all);
  // And when late samples come the part is made again.
  write("m", 1, kHour, kHour / 2);
  const std::string more = text();
  for (int i = 0; i < 2; ++i) maintain(true);
  EXPECT_EQ(text(), more);
}

TEST_F(PostgresAging, WhatIsPastTheRetentionGoes) {
  open(2 * kDay);
  write("old", 0, kHour, 60'000);
  write("m", 0, 3 * kDay + 12 * kHour, kHour);
  for (int i = 0; i < 3; ++i) maintain(true);
  EXPECT_EQ(schema_.number("SELECT win FROM {s}.stored WHERE days AND dead IS NULL"), 1);
  write("m", 3 * kDay + 13 * kHour, 5 * kDay + 12 * kHour, kHour);
  for (int i = 0; i < 3; ++i) maintain(true);
  const auto all = read_all(*store_);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].second.times.front(), 3 * kDay + 12 * kHour);
  EXPECT_EQ(store_->catalog().series({}, {})->size(), 1u);
  schema_.number("UPDATE {s}.stored SET dead = dead - interval '1 hour' RETURNING 1");
  open(2 * kDay);
  maintain();
  EXPECT_EQ(schema_.number("SELECT to_regclass('{s}.day_chunk_1') IS NULL"), 1);
  EXPECT_EQ(schema_.number("SELECT to_regclass('{s}.day_chunk_3') IS NULL"), 0);
  EXPECT_EQ(schema_.number("SELECT min(win) FROM {s}.stored WHERE days"), 3);
  // The forgotten series may come back, with an id of its own.
  write("old", 5 * kDay, 5 * kDay, 1);
  EXPECT_EQ(read_all(*store_).size(), 2u);
}

TEST_F(PostgresAging, TheLogIsEmptyWhenTheLastServerIsGone) {
  storage::StoreOptions options;
  options.retention_ms = 0;
  store_ = schema_.open(options);
  write("m", 0, 5 * kHour, 60'000);
  const std::string all = text();
  while (store_->catalog().statistics(1, {})->counters.at("gnomon_store_sealer") == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  store_.reset();
  EXPECT_EQ(schema_.number("SELECT count(*) FROM {s}.log_part"), 1);
  EXPECT_EQ(schema_.number("SELECT sum(length(data)) < 500 FROM {s}.log"), 1);
  open();
  EXPECT_EQ(text(), all);
}

TEST(PostgresOpen, RefusesWhatIsNotItsOwn) {
  const PostgresSchema schema;
  schema.open().reset();
  schema.number("UPDATE {s}.state SET version = 99 RETURNING 1");
  const auto newer = open_postgres(schema.url(), {});
  ASSERT_FALSE(newer.ok());
  EXPECT_NE(newer.error().message.find("newer Gnomon (version 99"), std::string::npos)
      << newer.error().message;
  EXPECT_EQ(schema.number("SELECT version FROM {s}.state"), 99);

  const PostgresSchema foreign;
  const auto connection = postgres::Connection::open(servers::shared_url("postgres"));
  ASSERT_TRUE((*connection)->run("CREATE SCHEMA " + foreign.name()).ok());
  ASSERT_TRUE((*connection)->run("CREATE TABLE " + foreign.name() + ".state(x int)").ok());
  const auto refused = open_postgres(foreign.url(), {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("tables of another program"), std::string::npos);
  EXPECT_EQ(foreign.number("SELECT count(*) FROM pg_tables WHERE schemaname = '{s}'"), 1);
}

TEST(PostgresOpen, SaysWhatIsWrongWithAUrl) {
  const auto message = [](const std::string& url) {
    const auto store = open_postgres(url, {});
    return store.ok() ? "" : store.error().message;
  };
  EXPECT_NE(message("postgres://localhost/x?schema=").find("schema= needs"), std::string::npos);
  EXPECT_NE(message("postgres://localhost/x?pool=1").find("pool= needs"), std::string::npos);
  EXPECT_NE(message("postgres://127.0.0.1:1/x").find("postgres: "), std::string::npos);
  const auto address =
      postgres::Address::parse("postgres://h/d?sslmode=require&schema=a%20b&pool=7&x=y");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->uri, "postgres://h/d?sslmode=require&x=y");
  EXPECT_EQ(address->schema, "a b");
  EXPECT_EQ(address->connections_max, 7u);
}

}  // namespace
}  // namespace gnomon
