#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "adapters/clickhouse/clickhouse_store.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/options.h"
#include "tests/servers/server.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {

// A database of its own on the tests' ClickHouse, dropped at the end.
class ClickHouseTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string url = servers::shared_url("clickhouse");
    if (url.empty()) GTEST_SKIP() << "GNOMON_TEST_CLICKHOUSE=none";
    static std::atomic<int> count{0};
    auto options = clickhouse::parse_options(std::string_view(url).substr(url.find(':') + 1));
    ASSERT_TRUE(options.ok()) << options.error().message;
    options_ = *options;
    options_.database = "unit_" + std::to_string(getpid()) + "_" + std::to_string(count++);
    client_ = std::make_unique<clickhouse::HttpClient>(options_);
    store_ = open();
  }
  void TearDown() override {
    store_.reset();
    if (client_ != nullptr) ask("DROP DATABASE IF EXISTS " + options_.database + " SYNC");
  }

  std::unique_ptr<clickhouse::ClickHouseStore> open(const std::string& parameters = "",
                                                    int64_t retention_ms = 0) {
    storage::StoreOptions options;
    options.background = false;
    options.retention_ms = retention_ms;
    const std::string rest = "//" + options_.host + ":" + std::to_string(options_.port) + "/" +
                             options_.database + parameters;
    auto store = clickhouse::ClickHouseStore::open(rest, options);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }

  // Another server that writes in a later second: what knows nothing of what was written.
  void become_another_server() {
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    store_ = open();
  }

  // A statement by hand; what it answers.
  std::string ask(const std::string& sql) {
    const auto answer = client_->fetch({.sql = sql});
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer.ok() ? *answer : "";
  }

  model::WriteOutcome write(const Batch& batch) {
    auto outcome = store_->append(batch.get());
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    return outcome.ok() ? *outcome : model::WriteOutcome{};
  }

  std::string text(model::Matchers matchers = {}, int64_t min_ms = model::kTimeMin,
                   int64_t max_ms = model::kTimeMax) {
    return to_text(read_all(*store_, std::move(matchers), min_ms, max_ms));
  }

  clickhouse::Options options_;
  std::unique_ptr<clickhouse::HttpClient> client_;
  std::unique_ptr<clickhouse::ClickHouseStore> store_;
};

}  // namespace gnomon
