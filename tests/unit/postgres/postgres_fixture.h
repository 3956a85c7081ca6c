#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>

#include "adapters/postgres/address.h"
#include "adapters/postgres/connection.h"
#include "adapters/postgres/database.h"
#include "adapters/postgres/metrics/postgres_store.h"
#include "tests/servers/server.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {

// An open schema with metrics, as a store.
class OpenPostgres final : public storage::MetricStore {
 public:
  OpenPostgres(postgres::Address address, const storage::StoreOptions& options)
      : database(std::move(address), options), metrics(database, options) {}

  const storage::Capabilities& capabilities() const override { return metrics.capabilities(); }
  Result<model::WriteOutcome> append(const model::WriteBatch& batch,
                                     std::stop_token stop) override {
    return metrics.append(batch, std::move(stop));
  }
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override {
    return metrics.select(fragment, std::move(stop));
  }
  storage::Catalog& catalog() override { return metrics.catalog(); }
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override {
    return metrics.remove(what, std::move(stop));
  }
  Result<void> maintain(bool everything) { return database.maintain(everything); }
  Result<void> follow() { return database.follow({}); }

  postgres::Database database;
  postgres::PostgresStore metrics;
};

inline Result<std::unique_ptr<OpenPostgres>> open_postgres(const std::string& url,
                                                           const storage::StoreOptions& options) {
  TRY(auto address, postgres::Address::parse(url));
  auto open = std::make_unique<OpenPostgres>(std::move(address), options);
  TRY_VOID(open->database.start());
  return open;
}

// A schema of a test's own on the tests' server; dropped with it.
class PostgresSchema {
 public:
  explicit PostgresSchema(std::string server = servers::shared_url("postgres"))
      : server_(std::move(server)) {
    static std::atomic<int> count{0};
    name_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(count++);
  }
  ~PostgresSchema() {
    auto connection = postgres::Connection::open(server_);
    if (!connection.ok()) return;
    (void)(*connection)->run("DROP SCHEMA IF EXISTS " + name_ + " CASCADE").ok();
  }
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;

  const std::string& name() const { return name_; }
  std::string url() const { return server_ + "?schema=" + name_; }

  std::unique_ptr<OpenPostgres> open(const storage::StoreOptions& options = by_hand()) const {
    auto store = open_postgres(url(), options);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }
  // The first number of the first row; {s}. is the schema.
  int64_t number(std::string text) const {
    for (size_t at; (at = text.find("{s}")) != std::string::npos;) text.replace(at, 3, name_);
    auto connection = postgres::Connection::open(server_);
    if (!connection.ok()) return -1;
    const auto rows = (*connection)->run(text);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() && rows->count() > 0 ? rows->integer(0, 0) : -1;
  }

 private:
  std::string server_;
  std::string name_;
};

}  // namespace gnomon
