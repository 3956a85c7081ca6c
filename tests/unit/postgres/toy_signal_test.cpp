// The log of a schema serves any signal: one that only these tests have lives beside metrics.
#include "tests/unit/postgres/toy_signal.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

using namespace std::chrono_literals;

// A schema with two signals.
struct Both {
  Both(const std::string& url, const storage::StoreOptions& options)
      : database(*postgres::Address::parse(url), options), metrics(database, options) {}
  std::string samples() { return to_text(read_all(metrics)); }

  postgres::Database database;
  postgres::PostgresStore metrics;
  ToySignal toy{database};
};
using BothPtr = std::unique_ptr<Both>;

BothPtr open_both(const std::string& url, const storage::StoreOptions& options = by_hand()) {
  auto both = std::make_unique<Both>(url, options);
  const auto started = both->database.start();
  EXPECT_TRUE(started.ok()) << started.error().message;
  return both;
}

Batch one(const std::string& name, int64_t time_ms, double value) {
  Batch batch;
  batch.row({{"__name__", name}}, {{time_ms, value}});
  return batch;
}

template <typename Condition>
bool within(std::chrono::milliseconds limit, Condition condition) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// As gtest numbers a process that it starts anew: what it must find again goes by the environment.
constexpr const char* kSchemaVariable = "GNOMON_TEST_TOY_SCHEMA";

TEST(ToySignal, IsReplayedAfterReopening) {
  const PostgresSchema schema;
  BothPtr both = open_both(schema.url());
  ASSERT_TRUE(both->toy.append("a", false).ok());
  append(both->metrics, one("m", 1000, 1));
  ASSERT_TRUE(both->toy.append("b", true).ok());
  ASSERT_TRUE(both->toy.append("c", true).ok());
  EXPECT_EQ(both->toy.text(), "a 0-b 1-c");
  EXPECT_EQ(schema.number("SELECT toy_lines FROM {s}.state"), 2);
  EXPECT_EQ(schema.number("SELECT seq FROM {s}.state"), 4);
  EXPECT_EQ(schema.number("SELECT count(*) FROM {s}.log WHERE signal = 2"), 3);
  const BothPtr again = open_both(schema.url());
  EXPECT_EQ(again->toy.text(), "a 0-b 1-c");
  EXPECT_EQ(again->samples(), "m 1@1000\n");
}

TEST(ToySignal, SealsFreesTheLogAndExpires) {
  const PostgresSchema schema;
  BothPtr both = open_both(schema.url());
  for (const char* line : {"a", "b", "c", "d", "e"}) {
    ASSERT_TRUE(both->toy.append(line, false).ok());
    append(both->metrics, one("m", 1000 * line[0], 1));
    const auto done = both->database.maintain(true);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  EXPECT_EQ(both->toy.text(), "[c] [d] [e]");
  EXPECT_EQ(schema.number("SELECT count(*) FROM {s}.toy"), 3);
  const std::string samples = both->samples();
  EXPECT_TRUE(within(3s, [&] { return both->database.counts().sealer; }));
  both.reset();  // the last one: the log is emptied
  EXPECT_EQ(schema.number("SELECT count(*) FROM {s}.log_part"), 1);
  EXPECT_LT(schema.number("SELECT count(*) FROM {s}.log"), 4);
  both = open_both(schema.url());
  EXPECT_EQ(both->toy.text(), "[c] [d] [e]");
  EXPECT_EQ(both->samples(), samples);
}

// What metrics have sealed stays in the log as long as the other signal needs it.
TEST(ToySignal, TheLogIsKeptForTheSignalThatNeedsIt) {
  const PostgresSchema schema;
  BothPtr both = open_both(schema.url());
  ASSERT_TRUE(both->toy.append("a", false).ok());
  append(both->metrics, one("m", 1000, 1));
  ASSERT_TRUE(both->metrics.remove({}, {}).ok());  // seals metrics, not the other
  ASSERT_TRUE(both->database.maintain(false).ok());
  EXPECT_EQ(schema.number("SELECT min(first) FROM {s}.log_part"), 1);
  const BothPtr again = open_both(schema.url());
  EXPECT_EQ(again->toy.text(), "a");
  EXPECT_EQ(again->samples(), "");
}

TEST(ToySignal, ASecondServerFollowsWithinASecond) {
  const PostgresSchema schema;
  const BothPtr a = open_both(schema.url());
  const BothPtr b = open_both(schema.url());
  ASSERT_TRUE(a->toy.append("x", true).ok());
  EXPECT_TRUE(within(1s, [&] { return b->toy.text() == "0-x"; })) << b->toy.text();
  ASSERT_TRUE(b->toy.append("y", true).ok());
  append(b->metrics, one("m", 1000, 1));
  EXPECT_TRUE(within(1s, [&] { return a->toy.text() == "0-x 1-y" && a->samples() != ""; }));
  ASSERT_TRUE(a->database.maintain(true).ok());
  EXPECT_TRUE(within(1s, [&] { return b->toy.text() == "[0-x 1-y]"; })) << b->toy.text();
}

// Both servers write both signals at once: groups are mixed, and all see the same.
TEST(ToySignal, SharesCommitsWithMetrics) {
  const PostgresSchema schema;
  const BothPtr a = open_both(schema.url());
  const BothPtr b = open_both(schema.url());
  constexpr int kWrites = 60;
  std::vector<std::thread> writers;
  for (int w = 0; w < 8; ++w) {
    writers.emplace_back([&, w] {
      Both& both = w % 2 == 0 ? *a : *b;
      for (int i = 0; i < kWrites; ++i) {
        if (w < 4) {
          ASSERT_TRUE(both.toy.append(std::to_string(w), i % 3 == 0).ok());
        } else {
          append(both.metrics, one("m" + std::to_string(w), i * 1000, i));
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(a->database.follow({}).ok() && b->database.follow({}).ok());
  EXPECT_EQ(a->toy.text(), b->toy.text());
  EXPECT_EQ(a->samples(), b->samples());
  EXPECT_EQ(schema.number("SELECT toy_lines FROM {s}.state"), 4 * kWrites / 3);
  // Records of one transaction: some hold both signals.
  EXPECT_GT(schema.number("SELECT count(*) FROM (SELECT 1 FROM {s}.log GROUP BY xmin::text "
                          "HAVING count(DISTINCT signal) = 2) AS mixed"),
            0);
  EXPECT_EQ(schema.number("SELECT count(*) = max(seq) FROM {s}.log"), 1);
  const BothPtr c = open_both(schema.url());
  EXPECT_EQ(c->toy.text(), a->toy.text());
  EXPECT_EQ(c->samples(), a->samples());
}

TEST(ToySignal, WhatOneSignalRefusesTheOthersNeedNot) {
  const PostgresSchema schema;
  const BothPtr both = open_both(schema.url());
  const auto lock = postgres::Connection::open(servers::shared_url("postgres"));
  ASSERT_TRUE((*lock)->run("BEGIN; SELECT 1 FROM " + schema.name() + ".state FOR UPDATE").ok());
  std::vector<std::thread> writers;
  const auto later = [&](const auto& write) {
    writers.emplace_back(write);
    std::this_thread::sleep_for(200ms);  // it queues
  };
  later([&] { append(both->metrics, one("first", 0, 1)); });
  later([&] { append(both->metrics, one("m", 0, 1)); });
  later([&] {
    const auto refused = both->toy.append(std::string(ToySignal::kRefused), true);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::BadData);
  });
  later([&] { append(both->metrics, one("n", 0, 1)); });
  (*lock)->roll_back();
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(both->samples(), "first 1@0\nm 1@0\nn 1@0\n");
  EXPECT_EQ(both->toy.text(), "");
  // Those that were behind the first were one commit.
  EXPECT_EQ(schema.number("SELECT seq FROM {s}.state"), 2);
}

TEST(ToySignal, AKillLosesNothing) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const PostgresSchema schema;
  setenv("GNOMON_TEST_POSTGRES", servers::shared_url("postgres").c_str(), 0);
  setenv(kSchemaVariable, schema.url().c_str(), 0);  // not in the process that is killed
  EXPECT_EXIT(
      {
        const BothPtr both = open_both(std::getenv(kSchemaVariable));
        for (int i = 0; i < 20; ++i) {
          if (!both->toy.append(std::to_string(i), i % 2 == 0).ok()) std::exit(1);
          append(both->metrics, one("m", i * 1000, i));
          if (i == 10 && !both->database.maintain(true).ok()) std::exit(1);
        }
        raise(SIGKILL);
      },
      testing::KilledBySignal(SIGKILL), "");
  unsetenv(kSchemaVariable);
  const BothPtr both = open_both(schema.url());
  EXPECT_EQ(both->toy.text(),
            "[0-0 1 1-2 3 2-4 5 3-6 7 4-8 9 5-10] 11 6-12 13 7-14 15 8-16 17 9-18 19");
  EXPECT_EQ(read_all(both->metrics).front().second.size(), 20u);
}

TEST(ToySignal, ARecordOfAnUnknownSignalIsNotSkipped) {
  const PostgresSchema schema;
  const BothPtr both = open_both(schema.url());
  const auto metrics = schema.open();
  ASSERT_TRUE(both->toy.append("a", false).ok());
  const auto followed = metrics->follow();
  ASSERT_FALSE(followed.ok());
  EXPECT_NE(followed.error().message.find("signal 2 and was written by a newer Gnomon"),
            std::string::npos)
      << followed.error().message;
  const auto opened = open_postgres(schema.url(), by_hand());
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("written by a newer Gnomon"), std::string::npos);
  // Nor is it dropped with what is sealed.
  EXPECT_TRUE(metrics->maintain(true).ok());
  EXPECT_EQ(schema.number("SELECT count(*) FROM {s}.log WHERE signal = 2"), 1);
}

}  // namespace
}  // namespace gnomon
