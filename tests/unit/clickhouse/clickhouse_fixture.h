#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/options.h"
#include "adapters/clickhouse/schema.h"
#include "tests/servers/server.h"
#include "tests/unit/clickhouse/open_clickhouse.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {

// A database of a test's own on the tests' ClickHouse; dropped with it.
class ClickHouseDatabase {
 public:
  explicit ClickHouseDatabase(const std::string& server = servers::shared_url("clickhouse"))
      : client_(of_its_own(server)) {}
  ~ClickHouseDatabase() {
    ask("DROP DATABASE IF EXISTS {d}" + clickhouse::on_cluster(client_.options()) + " SYNC");
  }

  const std::string& name() const { return client_.options().database; }
  // What follows "clickhouse:" in the URL of a store.
  std::string rest() const {
    const clickhouse::Options& options = client_.options();
    const std::string cluster = options.cluster.empty() ? "" : "?cluster=" + options.cluster;
    return "//" + options.host + ":" + std::to_string(options.port) + "/" + name() + cluster;
  }
  clickhouse::HttpClient& client() { return client_; }
  // What ClickHouse answers to a statement; {d} is the database.
  std::string ask(std::string sql) {
    for (size_t at; (at = sql.find("{d}")) != std::string::npos;) sql.replace(at, 3, name());
    const auto answer = client_.fetch({.sql = sql});
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer.ok() ? *answer : "";
  }
  // The smallest step between a first and a second sample of one time.
  void await_next_second() {
    const std::string now = ask("SELECT now()");
    while (ask("SELECT now()") == now) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

 private:
  static clickhouse::Options of_its_own(const std::string& server) {
    static std::atomic<int> count{0};
    auto options = clickhouse::parse_options(server.substr(server.find(':') + 1));
    EXPECT_TRUE(options.ok()) << options.error().message;
    options->database = "unit_" + std::to_string(getpid()) + "_" + std::to_string(count++);
    return *options;
  }

  clickhouse::HttpClient client_;
};

// A store in a database of its own.
class ClickHouseTest : public testing::Test {
 protected:
  void SetUp() override {
    if (servers::shared_url("clickhouse").empty()) GTEST_SKIP() << "GNOMON_TEST_CLICKHOUSE=none";
    database_.emplace();
    store_ = open();
  }

  OpenClickHouse open(const std::string& parameters = "", int64_t retention_ms = 0) {
    auto store = OpenClickHouse::open(database_->rest() + parameters, by_hand(retention_ms));
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }

  // Another server that writes in a later second: what knows nothing of what was written.
  void become_another_server() {
    database_->await_next_second();
    store_ = open();
  }

  model::WriteOutcome write(const Batch& batch) { return append(*store_, batch); }

  std::string text(model::Matchers matchers = {}, int64_t min_ms = model::kTimeMin,
                   int64_t max_ms = model::kTimeMax) {
    return to_text(read_all(*store_, std::move(matchers), min_ms, max_ms));
  }

  std::optional<ClickHouseDatabase> database_;
  OpenClickHouse store_;
};

}  // namespace gnomon
