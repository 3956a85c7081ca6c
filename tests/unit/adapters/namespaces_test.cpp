#include "adapters/namespaces.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "tests/open_metrics.h"
#include "tests/servers/server.h"

namespace gnomon::adapters {
namespace {

TEST(TenantUrl, IsAFileOfItsOwnInSqlite) {
  EXPECT_EQ(sqlite_namespace("gnomon.db", "acme"), "gnomon.acme.db");
  EXPECT_EQ(sqlite_namespace("///var/lib/gnomon.db", "a_b-C"), "///var/lib/gnomon.a_b-C.db");
  EXPECT_EQ(sqlite_namespace("data/", "acme"), "data/acme.db");
  EXPECT_EQ(sqlite_namespace("v1.2/gnomon", "acme"), "v1.2/gnomon.acme");
  EXPECT_EQ(sqlite_namespace(".hidden", "acme"), ".hidden.acme");
}

TEST(TenantUrl, IsASchemaOfItsOwnInPostgres) {
  EXPECT_EQ(postgres_namespace("//u:p@h:5432/db", "acme"), "//u:p@h:5432/db?schema=gnomon_acme");
  EXPECT_EQ(postgres_namespace("//h/db?schema=x&sslmode=require", "a-b"),
            "//h/db?sslmode=require&schema=x_a-b");
  EXPECT_EQ(postgres_namespace("//h/db?schema=my%20own", "a"), "//h/db?schema=my%20own_a");
}

TEST(TenantUrl, NamesTooLongForPostgresStayApart) {
  const std::string long_name(63, 'x');
  std::set<std::string> found;
  for (const char last : {'a', 'b', '-'}) {
    const std::string rest = postgres_namespace("//h/db", long_name + last);
    const std::string schema = rest.substr(rest.find('=') + 1);
    EXPECT_EQ(schema.size(), 63u);
    EXPECT_NE(schema.find('~'), std::string::npos) << "no tenant's whole name can look like it";
    found.insert(schema);
  }
  EXPECT_EQ(found.size(), 3u);
  const std::string fits(63 - std::string("gnomon_").size(), 'y');
  EXPECT_EQ(postgres_namespace("//h/db", fits), "//h/db?schema=gnomon_" + fits);
}

TEST(TenantUrl, CutsNoCharacterInTwo) {
  const std::string rest = postgres_namespace(
      "//h/db?schema=a%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%"
      "A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4",
      std::string(64, 'z'));
  EXPECT_NE(rest.find("%C3%A4~"), std::string::npos) << rest;
}

TEST(TenantUrl, IsADatabaseOfItsOwnInClickHouse) {
  EXPECT_EQ(clickhouse_namespace("//h:8123", "acme"), "//h:8123/gnomon_acme");
  EXPECT_EQ(clickhouse_namespace("//u:p@h/", "acme"), "//u:p@h/gnomon_acme");
  EXPECT_EQ(clickhouse_namespace("//h/x?cluster=c/1", "a-b"), "//h/x_a-b?cluster=c/1");
}

TEST(TenantUrl, KeepsTheScheme) {
  EXPECT_EQ(*tenant_url("sqlite:g.db", "a"), "sqlite:g.a.db");
  EXPECT_EQ(*tenant_url("memory:", "a"), "memory:");
  EXPECT_FALSE(tenant_url("redis:x", "a").ok());
}

TEST(Backends, KnowWhatWasNeverThere) {
  const auto folder = std::filesystem::temp_directory_path() / "gnomon_backends_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const std::string url = "sqlite://" + (folder / "g.db").string();
  EXPECT_FALSE(may_exist(url));
  EXPECT_FALSE(std::filesystem::exists(folder / "g.db"));
  ASSERT_TRUE(open_metrics(url, {}).ok());
  EXPECT_TRUE(may_exist(url));
  EXPECT_TRUE(outlives_closing(url));
  EXPECT_FALSE(outlives_closing("memory:"));
  std::filesystem::remove_all(folder);
}

TEST(Backends, AskServersWhatWasNeverThere) {
  for (const char* server : {"postgres", "clickhouse"}) {
    const std::string shared = servers::shared_url(server);
    if (shared.empty()) GTEST_SKIP() << "GNOMON_TEST_... says none: " << server;
    const std::string url = *tenant_url(shared, "exist-" + std::to_string(getpid()));
    EXPECT_FALSE(may_exist(url)) << url;
    EXPECT_FALSE(may_exist(url)) << "asking creates nothing";
    const auto store = open_metrics(url, {});
    ASSERT_TRUE(store.ok()) << store.error().message;
    EXPECT_TRUE(may_exist(url)) << url;
  }
  EXPECT_TRUE(may_exist("postgres://127.0.0.1:1/none")) << "opening will tell";
  EXPECT_TRUE(may_exist("clickhouse://127.0.0.1:1/none"));
}

}  // namespace
}  // namespace gnomon::adapters
