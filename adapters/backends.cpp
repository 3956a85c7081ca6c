#include "adapters/backends.h"

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "adapters/clickhouse/database.h"
#include "adapters/clickhouse/existence.h"
#include "adapters/clickhouse/metrics/clickhouse_store.h"
#include "adapters/namespaces.h"
#include "adapters/postgres/existence.h"
#include "adapters/postgres/metrics/postgres_store.h"
#include "adapters/sqlite_database.h"
#include "src/storage/metrics/memory_store.h"

namespace gnomon::adapters {
namespace {

using DatabasePtr = std::unique_ptr<storage::Database>;

// A database of one signal, by a store that opens what it needs itself.
class MetricsDatabase final : public storage::Database {
 public:
  explicit MetricsDatabase(std::unique_ptr<storage::MetricStore> metrics)
      : metrics_(std::move(metrics)) {}
  storage::MetricStore& metrics() override { return *metrics_; }

 private:
  const std::unique_ptr<storage::MetricStore> metrics_;
};

DatabasePtr database_of(std::unique_ptr<storage::MetricStore> metrics) {
  return std::make_unique<MetricsDatabase>(std::move(metrics));
}

Result<DatabasePtr> open_memory_url(std::string_view, const storage::StoreOptions&) {
  return open_memory();
}

std::string_view sqlite_path(std::string_view rest) {
  if (rest.starts_with("///")) rest.remove_prefix(2);
  return rest;
}

Result<DatabasePtr> open_sqlite(std::string_view rest, const storage::StoreOptions& options) {
  const std::string_view path = sqlite_path(rest);
  if (path.empty()) return Error{ErrorKind::BadData, "sqlite: needs the path of a file"};
  TRY(auto database, SqliteDatabase::open(std::string(path), options));
  return DatabasePtr(std::move(database));
}

bool sqlite_may_exist(std::string_view rest) {
  std::error_code error;
  return std::filesystem::exists(sqlite_path(rest), error) || error;
}

class ClickHouseDatabase final : public storage::Database {
 public:
  ClickHouseDatabase(std::unique_ptr<clickhouse::Database> database,
                     std::unique_ptr<clickhouse::ClickHouseStore> metrics)
      : database_(std::move(database)), metrics_(std::move(metrics)) {}
  storage::MetricStore& metrics() override { return *metrics_; }

 private:
  const std::unique_ptr<clickhouse::Database> database_;  // first: outlives its signals
  const std::unique_ptr<clickhouse::ClickHouseStore> metrics_;
};

Result<DatabasePtr> open_clickhouse(std::string_view rest, const storage::StoreOptions& options) {
  TRY(auto database, clickhouse::Database::open(rest));
  TRY(auto metrics, clickhouse::ClickHouseStore::open(*database, options));
  if (options.background) database->start();
  return DatabasePtr(std::make_unique<ClickHouseDatabase>(std::move(database), std::move(metrics)));
}

class PostgresDatabase final : public storage::Database {
 public:
  PostgresDatabase(postgres::Address address, const storage::StoreOptions& options)
      : database_(std::move(address), options), metrics_(database_, options) {}
  Result<void> start() { return database_.start(); }
  storage::MetricStore& metrics() override { return metrics_; }

 private:
  postgres::Database database_;
  postgres::PostgresStore metrics_;
};

Result<DatabasePtr> open_postgres(std::string_view rest, const storage::StoreOptions& options) {
  TRY(auto address, postgres::Address::parse("postgres:" + std::string(rest)));
  auto database = std::make_unique<PostgresDatabase>(std::move(address), options);
  TRY_VOID(database->start());
  return DatabasePtr(std::move(database));
}

bool postgres_may_exist(std::string_view rest) {
  return postgres::may_exist("postgres:" + std::string(rest));
}

bool always(std::string_view) { return true; }

// `rest`: what follows the scheme and its colon.
struct Backend {
  std::string_view scheme;
  std::string_view form;
  Result<DatabasePtr> (*open)(std::string_view rest, const storage::StoreOptions& options);
  // The rest for a tenant of its own.
  std::string (*tenant)(std::string_view rest, std::string_view tenant);
  bool (*may_exist)(std::string_view rest) = always;
  bool outlives_closing = true;
};

constexpr std::array kBackends = {
    Backend{"memory", "memory:", open_memory_url, memory_namespace, always, false},
    Backend{"sqlite", "sqlite:PATH", open_sqlite, sqlite_namespace, sqlite_may_exist},
    Backend{"postgres", "postgres://HOST:PORT/DATABASE", open_postgres, postgres_namespace,
            postgres_may_exist},
    Backend{"postgresql", "postgresql://HOST:PORT/DATABASE", open_postgres, postgres_namespace,
            postgres_may_exist},
    Backend{"clickhouse", "clickhouse://HOST:PORT/DATABASE", open_clickhouse, clickhouse_namespace,
            clickhouse::may_exist},
};

struct Address {
  const Backend* backend;
  std::string_view rest;
};

Result<Address> parse(const std::string& url) {
  const size_t colon = url.find(':');
  for (const Backend& backend : kBackends) {
    if (colon != std::string::npos && url.compare(0, colon, backend.scheme) == 0) {
      return Address{&backend, std::string_view(url).substr(colon + 1)};
    }
  }
  std::string known;
  for (const Backend& backend : kBackends) {
    known += (known.empty() ? "" : ", ") + std::string(backend.form);
  }
  // What follows a scheme may hold a password.
  const std::string shown =
      url.find('@') == std::string::npos ? url : url.substr(0, colon) + ":...";
  return Error{ErrorKind::BadData, "unknown store \"" + shown + "\"; known are: " + known};
}

}  // namespace

DatabasePtr open_memory() { return database_of(std::make_unique<storage::MemoryStore>()); }

Result<DatabasePtr> open_database(const std::string& url, const storage::StoreOptions& options) {
  TRY(const Address address, parse(url));
  return address.backend->open(address.rest, options);
}

Result<std::string> tenant_url(const std::string& url, std::string_view tenant) {
  TRY(const Address address, parse(url));
  return std::string(address.backend->scheme) + ":" + address.backend->tenant(address.rest, tenant);
}

bool may_exist(const std::string& url) {
  const auto address = parse(url);
  return !address.ok() || address->backend->may_exist(address->rest);
}

bool outlives_closing(const std::string& url) {
  const auto address = parse(url);
  return !address.ok() || address->backend->outlives_closing;
}

std::vector<std::string> store_url_forms() {
  std::vector<std::string> forms;
  for (const Backend& backend : kBackends) forms.emplace_back(backend.form);
  return forms;
}

}  // namespace gnomon::adapters
