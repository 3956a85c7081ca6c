// Tenants from outside: what one writes no other sees.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "adapters/backends.h"
#include "src/base/clock.h"
#include "src/cli/api_client.h"
#include "tests/server/process.h"
#include "tests/servers/server.h"

namespace gnomon::server_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kOpenMetrics = "application/openmetrics-text; version=1.0.0";

class Tenants : public ::testing::Test {
 protected:
  std::string store() const { return "sqlite:" + folder_.file("g.db"); }
  bool has_file(const std::string& name) const {
    return std::filesystem::exists(folder_.file(name));
  }
  void serve(const std::string& store, std::vector<std::string> more = {}) {
    more.push_back("--multi-tenant");
    more.push_back("--web.enable-admin-api");
    server_ = std::make_unique<ServerProcess>(store, more, folder_.file("log"));
    ASSERT_FALSE(server_->url().empty()) << server_->log();
  }
  // Status and body; status 0: no answer.
  cli::ApiResponse post(const std::string& tenant, const char* path, std::string body = "",
                        std::string_view type = cli::kFormType) const {
    const auto client = cli::connect_server(server_->url(), tenant);
    const auto response = (*client)->post(path, type, std::move(body));
    return response.ok() ? *response : cli::ApiResponse{0, response.error().message};
  }
  cli::ApiResponse ask(const std::string& tenant, const std::string& query,
                       cli::Form more = {}) const {
    more.emplace_back("query", query);
    if (more.size() == 1) more.emplace_back("time", "100");
    return post(tenant, "/api/v1/query", cli::encode_form(more));
  }
  // The value of the only series; "" when there is none.
  std::string value(const std::string& tenant, const std::string& query) const {
    const auto answer = nlohmann::json::parse(ask(tenant, query).body, nullptr, false);
    const auto at = nlohmann::json::json_pointer("/data/result/0/value/1");
    return answer.contains(at) ? answer[at].get<std::string>() : "";
  }
  bool write(const std::string& tenant, const std::string& name, double value) const {
    return post(tenant, "/api/v1/write", remote_write_body(name, {{100'000, value}}),
                "application/x-protobuf")
               .status == 204;
  }
  std::string get(const std::string& tenant, const std::string& path) const {
    return http_get(server_->url(), path, tenant);
  }
  // What /metrics says.
  std::string metric(const std::string& name) const {
    const std::string all = get("", "/metrics");
    const size_t at = all.find("\n" + name + " ");
    if (at == std::string::npos) return "";
    const size_t begin = at + name.size() + 2;
    return all.substr(begin, all.find('\n', begin) - begin);
  }

  ScratchFolder folder_;
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(Tenants, MustBeNamed) {
  serve("memory:");
  for (const char* bad : {"", "a b", "a/b", "..", "a|b"}) {
    const auto answer = ask(bad, "1");
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_THAT(answer.body, HasSubstr(R"({"status":"error","errorType":"bad_data","error":)"));
    EXPECT_THAT(answer.body, HasSubstr("X-Scope-OrgID"));
    EXPECT_EQ(post(bad, "/api/v1/write", "", "application/x-protobuf").status, 400);
  }
  EXPECT_EQ(ask(std::string(64, 'x'), "1").status, 200);
  EXPECT_EQ(ask(std::string(65, 'x'), "1").status, 400);
}

TEST_F(Tenants, AreIgnoredWithoutTheFlag) {
  ServerProcess server(store(), {"--self-scrape-interval", "0"}, folder_.file("log"));
  const auto named = cli::connect_server(server.url(), "not a tenant");
  const auto plain = cli::connect_server(server.url());
  EXPECT_EQ((*named)->post("/api/v1/import/prometheus", "text/plain", "a 1 1000\n")->status, 204);
  EXPECT_THAT((*plain)->post("/api/v1/query", cli::kFormType, "query=a&time=1")->body,
              HasSubstr(R"("value":[1,"1"])"));
}

TEST_F(Tenants, SeeNothingOfEachOther) {
  std::vector<std::string> stores = {"memory:", store()};
  for (const char* server : {"postgres", "clickhouse"}) {
    const std::string shared = servers::shared_url(server);
    if (shared.empty()) continue;
    stores.push_back(*adapters::tenant_url(shared, "apart-" + std::to_string(getpid())));
  }
  for (const std::string& url : stores) {
    SCOPED_TRACE(url);
    serve(url);
    EXPECT_EQ(value("two", "a_total"), "");
    const std::string text =
        "# HELP a What a counts.\n# TYPE a counter\n"
        "a_total{job=\"x\"} 1 99 # {trace_id=\"t\"} 1 99\n# EOF\n";
    ASSERT_EQ(post("one", "/api/v1/import/prometheus", text, kOpenMetrics).status, 204);
    ASSERT_TRUE(write("two", "b", 2));
    EXPECT_EQ(value("one", "a_total"), "1");
    EXPECT_EQ(value("one", "b"), "");
    EXPECT_EQ(value("two", "b"), "2");
    const char* kEmpty = R"({"status":"success","data":[]})";
    const char* kNone = R"({"status":"success","data":{}})";
    EXPECT_THAT(post("one", "/api/v1/series", "match[]={__name__!=\"\"}").body,
                HasSubstr(R"("data":[{"__name__":"a_total","job":"x"}])"));
    EXPECT_EQ(post("two", "/api/v1/series", "match[]=a_total").body, kEmpty);
    EXPECT_THAT(post("one", "/api/v1/labels").body, HasSubstr("job"));
    EXPECT_THAT(post("two", "/api/v1/labels").body, Not(HasSubstr("job")));
    const std::string exemplars = "query=a_total&start=0&end=200";
    EXPECT_THAT(post("one", "/api/v1/query_exemplars", exemplars).body, HasSubstr("trace_id"));
    EXPECT_EQ(post("two", "/api/v1/query_exemplars", exemplars).body, kEmpty);
    EXPECT_THAT(get("one", "/api/v1/metadata"), HasSubstr("What a counts."));
    EXPECT_THAT(get("two", "/api/v1/metadata"), HasSubstr(kNone));
    EXPECT_THAT(get("one", "/api/v1/status/tsdb"), HasSubstr(R"("name":"a_total")"));
    EXPECT_THAT(get("two", "/api/v1/status/tsdb"), Not(HasSubstr("a_total")));
    EXPECT_THAT(get("two", "/api/v1/label/__name__/values"), HasSubstr(R"(["b"])"));
    EXPECT_EQ(post("two", "/api/v1/admin/tsdb/delete_series", "match[]={__name__!=\"\"}").status,
              204);
    EXPECT_EQ(value("two", "b"), "");
    EXPECT_EQ(value("one", "a_total"), "1");
    server_->stop(SIGTERM);
  }
}

TEST_F(Tenants, AreNotNeededToAskForTheServer) {
  serve("memory:");
  EXPECT_THAT(get("", "/-/healthy"), HasSubstr("Healthy"));
  EXPECT_THAT(get("", "/-/ready"), HasSubstr("Ready"));
  EXPECT_THAT(get("", "/api/v1/status/buildinfo"), HasSubstr("success"));
  EXPECT_THAT(get("", "/api/v1/status/flags"), HasSubstr(R"("multi-tenant":"true")"));
  EXPECT_EQ(metric("gnomon_tenants_open"), "0");
  EXPECT_EQ(metric("gnomon_store_series"), "") << "there is no store of the server's";
}

TEST_F(Tenants, HaveAFileThatTheirFirstWriteMakes) {
  serve(store());
  EXPECT_EQ(value("reader", "up"), "");
  EXPECT_EQ(get("reader", "/api/v1/labels"), R"({"status":"success","data":[]})");
  EXPECT_FALSE(has_file("g.reader.db"));
  ASSERT_TRUE(write("reader", "up", 3));
  EXPECT_EQ(value("reader", "up"), "3");
  EXPECT_TRUE(has_file("g.reader.db"));
  EXPECT_FALSE(has_file("g.db"));
  EXPECT_EQ(server_->stop(SIGTERM), 0);
  serve(store());
  EXPECT_EQ(value("reader", "up"), "3");
}

TEST_F(Tenants, AnswerWhyTheirStoreCannotBeOpened) {
  std::ofstream(folder_.file("g.bad.db"))
      << "this is no database, but quite some text instead of it";
  serve(store());
  for (int i = 0; i < 2; ++i) {
    const auto answer = ask("bad", "up");
    EXPECT_EQ(answer.status, 500) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(R"(tenant \"bad\")"));
  }
  EXPECT_EQ(metric("gnomon_tenants_failed_total"), "2");
  EXPECT_EQ(metric("gnomon_tenants_open"), "0");
  std::filesystem::remove(folder_.file("g.bad.db"));
  EXPECT_TRUE(write("bad", "up", 1));
  EXPECT_EQ(value("bad", "up"), "1");
}

// Each thread writes into its tenants in turn while only two stay open, and finds all of it again.
TEST_F(Tenants, LoseNothingWhenStoresComeAndGo) {
  serve(store(), {"--tenants.open-max", "2"});
  constexpr int kThreads = 4, kTurns = 24, kTenants = 6;
  std::atomic<int> written = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        const std::string metric = "m" + std::to_string(thread);
        for (int turn = 0; turn < kTurns; ++turn) {
          const int tenant = (turn + thread) % kTenants;
          const auto body =
              remote_write_body(metric, {{1000 * (turn + 1), static_cast<double>(tenant)}});
          written +=
              post("t" + std::to_string(tenant), "/api/v1/write", body, "application/x-protobuf")
                  .status == 204;
        }
      });
    }
  }
  EXPECT_EQ(written, kThreads * kTurns);
  for (int tenant = 0; tenant < kTenants; ++tenant) {
    const std::string name = "t" + std::to_string(tenant);
    for (int thread = 0; thread < kThreads; ++thread) {
      const std::string samples = "m" + std::to_string(thread) + "[2m]";
      EXPECT_EQ(value(name, "count_over_time(" + samples + ")"), std::to_string(kTurns / kTenants));
      EXPECT_EQ(value(name, "max_over_time(" + samples + ")"), std::to_string(tenant));
    }
  }
  EXPECT_EQ(metric("gnomon_tenants_open"), "2");
  EXPECT_EQ(server_->stop(SIGTERM), 0);
}

// One tenant's queries wait for each other, another's do not wait for them.
TEST_F(Tenants, HaveTheirLimitsToThemselves) {
  serve("memory:", {"--query.max-concurrency", "1"});
  std::atomic<bool> done = false;
  std::jthread slow([&] {
    post("busy", "/api/v1/query_range",
         cli::encode_form({{"query", "deriv(sin(vector(time()))[100000s:1s])"},
                           {"start", "0"},
                           {"end", "10000"},
                           {"step", "1"},
                           {"timeout", "3s"}}));
    done = true;
  });
  bool waited = false;
  while (!waited && !done) {
    const auto answer = ask("busy", "1", {{"timeout", "50ms"}});
    waited = answer.body.find("query timed out in query queue") != std::string::npos;
    if (waited) EXPECT_EQ(ask("calm", "1", {{"timeout", "1s"}}).status, 200);
  }
  EXPECT_TRUE(waited);
  server_->stop(SIGKILL);  // nobody needs the slow answer
}

TEST_F(Tenants, OneGetsTheServersOwnMetrics) {
  serve("memory:", {"--self-scrape-tenant", "ops"});
  EXPECT_EQ(ask("ops", "count(up)", {{"time", "0"}}).status, 200);
  EXPECT_THAT(get("ops", "/api/v1/label/job/values"), HasSubstr("gnomon"));
  EXPECT_THAT(get("dev", "/api/v1/label/job/values"), Not(HasSubstr("gnomon")));
  EXPECT_EQ(run_gnomon({"serve", "--self-scrape-tenant", "ops"}).status, 2);
  EXPECT_EQ(run_gnomon({"serve", "--multi-tenant", "--self-scrape-tenant", "a b"}).status, 2);
}

TEST_F(Tenants, AreNamedOnTheCommandLine) {
  serve(store());
  std::ofstream(folder_.file("in.txt")) << "a 7 1000\n";
  const std::string& url = server_->url();
  ASSERT_EQ(run_gnomon({"import", "--url", url, "--tenant", "x", folder_.file("in.txt")}).status,
            0);
  const std::vector<std::string> query = {"query", "--time", "1", "--output", "csv", "a"};
  const auto at = [&query](std::vector<std::string> more) {
    more.insert(more.begin(), query.begin(), query.end());
    return run_gnomon(more);
  };
  EXPECT_THAT(at({"--url", url, "--tenant", "x"}).output, HasSubstr("7"));
  EXPECT_EQ(at({"--url", url, "--tenant", "y"}).output.find('7'), std::string::npos);
  EXPECT_THAT(at({"--url", url}).errors, HasSubstr("X-Scope-OrgID"));
  EXPECT_EQ(run_gnomon({"explain", "--url", url, "--tenant", "x", "a"}).status, 0);
  EXPECT_EQ(server_->stop(SIGTERM), 0);
  EXPECT_THAT(at({"--store", store(), "--tenant", "x"}).output, HasSubstr("7"));
  EXPECT_THAT(at({"--store", store(), "--tenant", "a b"}).errors, HasSubstr("not the name"));
}

}  // namespace
}  // namespace gnomon::server_test
