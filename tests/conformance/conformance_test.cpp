// Every script of testdata/promql on every store.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/backends.h"
#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/schema.h"
#include "adapters/postgres/address.h"
#include "adapters/postgres/connection.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/conformance/runner.h"
#include "tests/open_metrics.h"
#include "tests/servers/server.h"

namespace gnomon::conformance {
namespace {

namespace fs = std::filesystem;

// The oracle again, as a store that reduces what it can.
constexpr const char* kReduced = "memory, reduced";

constexpr const char* kServers[] = {"clickhouse", "clickhouse_cluster", "postgres"};

struct StoreRow {
  const char* name;
  // {dir}: a folder of its own. {NAME} of one of kServers: a namespace of its own on the tests'
  // server.
  const char* url;
  bool reopen = false;    // closed and opened again after every load: queries read what was kept
  bool push_down = true;  // the store may compute what it can
  void (*wipe)(const std::string& url) = nullptr;  // removes a namespace
};

void drop_clickhouse_database(const std::string& url) {
  auto options = clickhouse::parse_options(std::string_view(url).substr(url.find(':') + 1));
  if (!options.ok()) return;
  clickhouse::HttpClient client(*options);
  const std::string sql = "DROP DATABASE IF EXISTS `" + options->database + "`";
  EXPECT_TRUE(client.fetch({.sql = sql + clickhouse::on_cluster(*options)}).ok());
}

void drop_postgres_schema(const std::string& url) {
  const auto address = postgres::Address::parse(url);
  if (!address.ok()) return;
  const auto connection = postgres::Connection::open(address->uri);
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  const auto dropped =
      (*connection)
          ->run("DROP SCHEMA IF EXISTS " + postgres::quote_name(address->schema) + " CASCADE");
  EXPECT_TRUE(dropped.ok()) << dropped.error().message;
}

// A backend is added here and nowhere else.
constexpr StoreRow kStores[] = {
    {.name = "memory", .url = "memory:"},
    {.name = "memory_reduced", .url = kReduced},
    {.name = "sqlite", .url = "sqlite:{dir}/g.db"},
    {.name = "sqlite_reopened", .url = "sqlite:{dir}/g.db", .reopen = true},
    {.name = "postgres", .url = "{postgres}", .wipe = drop_postgres_schema},
    {.name = "postgres_reopened",
     .url = "{postgres}",
     .reopen = true,
     .wipe = drop_postgres_schema},
    {.name = "clickhouse",
     .url = "{clickhouse}?native_rollups=off",
     .wipe = drop_clickhouse_database},
    {.name = "clickhouse_plain",
     .url = "{clickhouse}",
     .push_down = false,
     .wipe = drop_clickhouse_database},
    {.name = "clickhouse_rolled",
     .url = "{clickhouse}?native_rollups=on",
     .wipe = drop_clickhouse_database},
    {.name = "clickhouse_cluster",
     .url = "{clickhouse_cluster}&native_rollups=on",
     .wipe = drop_clickhouse_database},
};

class StoreBackend : public Backend {
 public:
  explicit StoreBackend(const StoreRow& row) : row_(row), url_(row.url) {
    static std::atomic<int> count{0};
    folder_ = fs::temp_directory_path() /
              ("gnomon-conformance-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    fs::create_directories(folder_);
    replace("{dir}", folder_.string());
    for (const std::string server : kServers) {
      if (url_.find("{" + server + "}") == std::string::npos) continue;
      const auto tenant =
          adapters::tenant_url(servers::shared_url(server), folder_.filename().string());
      replace("{" + server + "}", tenant.ok() ? *tenant : "");
    }
  }
  ~StoreBackend() override {
    store_.reset();
    fs::remove_all(folder_);
    if (row_.wipe != nullptr) row_.wipe(url_);
  }

  Result<void> open() {
    if (row_.url == kReduced) {
      store_ = std::make_shared<storage::MemoryStore>(storage::MemoryStore::all_reductions());
      return {};
    }
    TRY(store_, open_metrics(url_, {}));
    return {};
  }
  storage::MetricStore& store() override { return *store_; }
  bool push_down() const override { return row_.push_down; }
  Result<void> settle() override {
    if (!row_.reopen) return {};
    store_.reset();
    return open();
  }

 private:
  void replace(const std::string& mark, const std::string& text) {
    if (const size_t at = url_.find(mark); at != std::string::npos) {
      url_.replace(at, mark.size(), text);
    }
  }

  const StoreRow& row_;
  std::string url_;
  fs::path folder_;
  std::shared_ptr<storage::MetricStore> store_;
};

Result<std::unique_ptr<Backend>> make_backend(const StoreRow& row) {
  auto backend = std::make_unique<StoreBackend>(row);
  TRY_VOID(backend->open());
  return std::unique_ptr<Backend>(std::move(backend));
}

std::vector<fs::path> script_files() {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(fs::path(GNOMON_SOURCE_DIR) / "testdata" / "promql")) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Conformance : public ::testing::TestWithParam<std::tuple<size_t, fs::path>> {};

TEST_P(Conformance, EveryStatementHolds) {
  const auto& [index, file] = GetParam();
  const StoreRow& store = kStores[index];
  for (const std::string server : kServers) {
    if (std::string_view(store.url).starts_with("{" + server + "}") &&
        servers::shared_url(server).empty()) {
      GTEST_SKIP() << "left out: " << server;
    }
  }
  std::ifstream input(file);
  std::stringstream text;
  text << input.rdbuf();
  const auto script = parse_script(text.str());
  ASSERT_TRUE(script.ok()) << file << " " << script.error().message;
  const Report report = run_script(*script, [&] { return make_backend(store); });
  EXPECT_GT(report.statements, 0u);
  for (const std::string& failure : report.failures) {
    ADD_FAILURE() << file.filename().string() << " on " << store.name << ", " << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(Scripts, Conformance,
                         ::testing::Combine(::testing::Range<size_t>(0, std::size(kStores)),
                                            ::testing::ValuesIn(script_files())),
                         [](const auto& info) {
                           std::string name = std::get<1>(info.param).stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return std::string(kStores[std::get<0>(info.param)].name) + "_" + name;
                         });

}  // namespace
}  // namespace gnomon::conformance
