// Several servers on one schema, servers that come and go, and a database that goes and comes back.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

using Store = OpenPostgres;
using StorePtr = std::unique_ptr<Store>;
using namespace std::chrono_literals;

constexpr int64_t kHour = 3'600'000;

model::WriteOutcome write(Store& store, const Batch& batch) {
  auto outcome = store.append(batch.get(), {});
  EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  return outcome.ok() ? *outcome : model::WriteOutcome{};
}

std::string text(Store& store) { return to_text(read_all(store)); }

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
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

double counter(Store& store, const std::string& name) {
  return store.catalog().statistics(1, {})->counters.at("gnomon_store_" + name);
}

TEST(Sharing, EachSeesWhatTheOtherWroteWithinASecond) {
  const PostgresSchema schema;
  const StorePtr a = schema.open();
  const StorePtr b = schema.open();
  write(*a, one("m", 1000, 1).metadata("m", {"gauge", "Help.", ""}));
  EXPECT_TRUE(within(1s, [&] { return text(*b) == "m 1@1000\n"; })) << text(*b);
  write(*b, one("n", 2000, 2).exemplar({model::Labels::from({{"t", "x"}}), 1, 2000}));
  EXPECT_TRUE(within(1s, [&] { return text(*a) == "m 1@1000\nn 2@2000\n"; })) << text(*a);
  EXPECT_EQ(b->catalog().metadata("m", {})->size(), 1u);
  EXPECT_EQ(a->catalog().exemplars({}, {})->size(), 1u);
}

TEST(Sharing, OfTwoConflictingSamplesOneWinsEverywhere) {
  const PostgresSchema schema;
  const StorePtr a = schema.open();
  const StorePtr b = schema.open();
  std::atomic<uint64_t> stored = 0;
  const auto write_all = [&](Store& store, double value) {
    for (int i = 0; i < 50; ++i) {
      const auto outcome = write(store, one("m" + std::to_string(i % 7), i * 1000, value));
      stored += outcome.samples_stored;
    }
  };
  std::thread other([&] { write_all(*b, 2); });
  write_all(*a, 1);
  other.join();
  EXPECT_EQ(stored, 50u);
  ASSERT_TRUE(a->follow().ok() && b->follow().ok());
  EXPECT_EQ(text(*a), text(*b));
  const StorePtr c = schema.open();
  EXPECT_EQ(text(*a), text(*c));
  EXPECT_EQ(schema.number("SELECT series_end FROM {s}.state"), 8);
}

TEST(Sharing, WhatOneSealsMergesAndDeletesAllFollow) {
  const PostgresSchema schema;
  const StorePtr a = schema.open();
  const StorePtr b = schema.open();
  std::string expected = "m";
  for (int64_t hour = 0; hour < 80; ++hour) {
    write(hour % 2 == 0 ? *a : *b, one("m", hour * kHour, double(hour)));
    expected += " " + std::to_string(hour) + "@" + std::to_string(hour * kHour);
  }
  expected += "\n";
  for (int i = 0; i < 4; ++i) {
    Store& sealer = i % 2 == 0 ? *a : *b;
    const auto done = sealer.maintain(true);
    ASSERT_TRUE(done.ok()) << done.error().message;
    ASSERT_TRUE(a->follow().ok() && b->follow().ok());
    EXPECT_EQ(text(*a), expected);
    EXPECT_EQ(text(*b), expected);
  }
  EXPECT_GT(schema.number("SELECT count(*) FROM {s}.stored WHERE days"), 0);
  EXPECT_EQ(counter(*a, "chunks"), counter(*b, "chunks"));
  EXPECT_EQ(counter(*b, "head_samples"), 0);
  // A late sample finds the sealed one at its time, in both.
  EXPECT_EQ(write(*b, one("m", kHour, 7)).samples_stored, 0u);
  ASSERT_TRUE(b->remove({{}, 2 * kHour, 79 * kHour}, {}).ok());
  ASSERT_TRUE(a->follow().ok());
  EXPECT_EQ(text(*a), "m 0@0 1@3600000\n");
  ASSERT_TRUE(a->remove({}, {}).ok());
  ASSERT_TRUE(b->follow().ok());
  EXPECT_EQ(text(*b), "");
  EXPECT_TRUE(b->catalog().series({}, {})->empty());
  EXPECT_EQ(write(*b, one("m", kHour, 9)).samples_stored, 1u);
  EXPECT_TRUE(within(1s, [&] { return text(*a) == "m 9@3600000\n"; })) << text(*a);
}

TEST(Sharing, ALogThatWentOnWithoutAServerIsReadAnew) {
  const PostgresSchema schema;
  const StorePtr a = schema.open();
  write(*a, one("m", 1000, 1));
  // As if others had written, sealed and dropped these records.
  schema.number("UPDATE {s}.state SET seq = seq + 9 RETURNING seq");
  ASSERT_TRUE(a->follow().ok());
  EXPECT_EQ(text(*a), "m 1@1000\n");
  write(*a, one("m", 2000, 2));
  EXPECT_EQ(text(*a), "m 1@1000 2@2000\n");
}

TEST(Sharing, OneSealsAtATimeAndAnotherTakesOver) {
  const PostgresSchema schema;
  storage::StoreOptions options;
  StorePtr a = schema.open(options);
  const auto sealer = [](Store& store) { return counter(store, "sealer") == 1; };
  EXPECT_TRUE(within(2s, [&] { return sealer(*a); }));
  const StorePtr b = schema.open(options);
  std::this_thread::sleep_for(700ms);
  EXPECT_TRUE(sealer(*a) && !sealer(*b));
  a.reset();
  EXPECT_TRUE(within(3s, [&] { return sealer(*b); }));
}

TEST(Sharing, ALostConnectionIsAnErrorOfThatQueryAtMost) {
  const PostgresSchema schema;
  const StorePtr store = schema.open();
  for (int i = 0; i < 20; ++i) write(*store, one("m" + std::to_string(i), 1000, i));
  ASSERT_TRUE(store->maintain(true).ok());
  const std::string all = text(*store);
  for (int round = 0; round < 3; ++round) {
    schema.number(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
        "application_name = 'gnomon' AND pid <> pg_backend_pid()");
    std::this_thread::sleep_for(300ms);  // until they have ended
    EXPECT_EQ(text(*store), all);
    EXPECT_EQ(write(*store, one("late", 1000 + round, 1)).samples_stored, 1u);
    ASSERT_TRUE(store->maintain(true).ok());
    ASSERT_TRUE(store->remove({{{model::Matcher::equal("__name__", "late")}}}, {}).ok());
  }
}

TEST(Sharing, AStoppedQueryIsCanceledInTheServer) {
  auto connection = postgres::Connection::open(servers::shared_url("postgres"));
  ASSERT_TRUE(connection.ok());
  std::stop_source source;
  std::thread stopper([&] {
    std::this_thread::sleep_for(50ms);
    source.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  (*connection)->obey(source.get_token());
  const auto rows = (*connection)->query("SELECT pg_sleep(30)");
  stopper.join();
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().kind, ErrorKind::Canceled);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_FALSE((*connection)->reusable());
}

// Two stores write for a while; meanwhile the database stops and starts again.
TEST(Sharing, ARestartOfTheDatabaseLosesNothing) {
  servers::Server server("postgres");
  ASSERT_FALSE(server.url().empty());
  const PostgresSchema schema(server.url());
  storage::StoreOptions options;
  options.retention_ms = 0;
  options.log_bytes_max = 1u << 20;  // it is sealed all the time
  const StorePtr a = schema.open(options);
  const StorePtr b = schema.open(options);
  std::atomic<bool> stop = false;
  std::atomic<int> acknowledged[2] = {0, 0};
  const auto load = [&](Store& store, int which) {
    for (int i = 0; !stop; ++i) {
      Batch batch;
      for (int series = 0; series < 50; ++series) {
        batch.row({{"__name__", "m"}, {"w", std::to_string(which)}, {"i", std::to_string(series)}},
                  {{i * 15'000, double(i)}});
      }
      while (!store.append(batch.get(), {}).ok() && !stop) std::this_thread::sleep_for(50ms);
      if (!stop) acknowledged[which] = i + 1;
    }
  };
  std::thread first([&] { load(*a, 0); });
  std::thread second([&] { load(*b, 1); });
  for (int round = 0; round < 2; ++round) {
    std::this_thread::sleep_for(700ms);
    server.stop();
    std::this_thread::sleep_for(200ms);
    server.start();
  }
  const int before = acknowledged[0];
  EXPECT_TRUE(within(10s, [&] { return acknowledged[0] > before + 5; }));
  stop = true;
  first.join();
  second.join();
  ASSERT_TRUE(a->follow().ok() && b->follow().ok());
  EXPECT_EQ(text(*a), text(*b));
  size_t series = 0;
  for (const auto& [labels, block] : read_all(*a)) {
    const int which = labels.get("w") == "1" ? 1 : 0;
    ASSERT_GE(static_cast<int>(block.times.size()), acknowledged[which]);
    for (size_t i = 0; i < block.times.size(); ++i) {
      ASSERT_EQ(block.times[i], static_cast<int64_t>(i) * 15'000);
      ASSERT_EQ(block.values[i], double(i));
    }
    ++series;
  }
  EXPECT_EQ(series, 100u);
}

}  // namespace
}  // namespace gnomon
