// The built program from outside: processes, signals, files, HTTP.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "src/base/clock.h"
#include "src/cli/answer.h"
#include "src/cli/api_client.h"
#include "tests/server/process.h"

namespace gnomon::server_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Values = std::vector<std::string>;

class Server : public ::testing::Test {
 protected:
  std::string store() const { return "sqlite:" + folder_.file("g.db"); }
  std::unique_ptr<ServerProcess> serve(std::vector<std::string> more = {}) {
    if (more.empty()) more = {"--self-scrape-interval", "0"};
    auto server = std::make_unique<ServerProcess>(store(), more, folder_.file("log"));
    EXPECT_FALSE(server->url().empty()) << server->log();
    return server;
  }
  static Result<cli::ApiResponse> post(const ServerProcess& server, const char* path,
                                       std::string_view type, std::string body) {
    TRY(const auto client, cli::connect_server(server.url()));
    return client->post(path, type, std::move(body));
  }
  // The values of an instant query, in order of arrival; "error: ..." when it fails.
  static std::vector<std::string> values(const ServerProcess& server, const std::string& query,
                                         int64_t time_ms) {
    const auto response =
        post(server, "/api/v1/query", cli::kFormType,
             cli::encode_form({{"query", query}, {"time", std::to_string(time_ms / 1000)}}));
    if (!response.ok()) return {"error: " + response.error().message};
    const auto answer = cli::parse_answer(*response);
    if (!answer.ok()) return {"error: " + answer.error().message};
    std::vector<std::string> found;
    for (const auto& series : answer->series) {
      for (const auto& point : series.points) found.push_back(point.value);
    }
    return found;
  }
  static bool write(const ServerProcess& server, const std::string& name,
                    const std::vector<WrittenSample>& samples) {
    const auto response =
        post(server, "/api/v1/write", "application/x-protobuf", remote_write_body(name, samples));
    return response.ok() && response->status == 204;
  }

  ScratchFolder folder_;
};

TEST_F(Server, AnswersUpFromItsFirstMoment) {
  const auto server = serve({"--self-scrape-interval", "1h"});
  EXPECT_EQ(values(*server, "up", base::now_ms() + 1000), Values{"1"});
  EXPECT_EQ(values(*server, "count({job=\"gnomon\"}) > bool 20", base::now_ms() + 1000),
            Values{"1"});
  EXPECT_EQ(values(*server, "count by (__name__) (gnomon_store_series)", base::now_ms() + 1000),
            Values{"1"});
  EXPECT_THAT(server->log(), Not(HasSubstr("level=WARN")));
  EXPECT_EQ(server->stop(SIGTERM), 0);
}

TEST_F(Server, KeepsWhatWasWrittenOverARestart) {
  const std::vector<WrittenSample> samples = {{60'000, 1.5}, {120'000, -0.0}, {180'000, 3}};
  auto server = serve();
  ASSERT_TRUE(write(*server, "kept", samples));
  EXPECT_EQ(values(*server, "kept[10m]", 180'000), (Values{"1.5", "-0", "3"}));
  EXPECT_EQ(server->stop(SIGTERM), 0);
  server = serve();
  EXPECT_EQ(values(*server, "kept[10m]", 180'000), (Values{"1.5", "-0", "3"}));
}

// A client that has sent half a request and waits.
class HalfRequest {
 public:
  explicit HalfRequest(const std::string& url) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_GT(send(socket_, "GET /api/v1/query", 17, MSG_NOSIGNAL), 0);
  }
  ~HalfRequest() { close(socket_); }

 private:
  int socket_;
};

TEST_F(Server, StopsQuicklyOnSignalsEvenWithOpenConnections) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto server = serve();
    ASSERT_TRUE(write(*server, "a", {{1'000, 1}}));
    const HalfRequest waiting(server->url());
    EXPECT_EQ(values(*server, "a", 2'000), Values{"1"});  // and the server has seen it
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(server->stop(signal), 0) << server->log();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_THAT(server->log(), HasSubstr(signal == SIGINT ? "signal=SIGINT" : "signal=SIGTERM"));
  }
}

TEST_F(Server, RefusesAFileThatAnotherProcessServes) {
  const auto first = serve();
  ASSERT_TRUE(write(*first, "a", {{1'000, 1}}));
  const Outcome second = run_gnomon({"serve", "--store", store(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.errors, HasSubstr("is open in another Gnomon"));
  EXPECT_EQ(run_gnomon({"query", "--store", store(), "a"}).status, 1);
  EXPECT_EQ(values(*first, "a", 2'000), Values{"1"});
}

TEST_F(Server, RefusesAForeignFileAndLeavesItAlone) {
  const std::string text = "this is a letter, not a database; it is longer than a header";
  std::ofstream(folder_.file("g.db")) << text;
  const Outcome outcome = run_gnomon({"serve", "--store", store(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("level=ERROR msg=\"Cannot serve\""));
  std::ifstream file(folder_.file("g.db"));
  std::string kept;
  std::getline(file, kept);
  EXPECT_EQ(kept, text);
}

TEST_F(Server, RefusesAPortThatIsTaken) {
  const auto first = serve();
  const std::string address = first->url().substr(std::string("http://").size());
  const Outcome second = run_gnomon({"serve", "--store", "memory:", "--listen", address});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.errors, HasSubstr(address));
}

// Writes one sample after the other, each a minute later than the one before so that windows seal,
// until the server dies; returns the number that was acknowledged, counted from `next` on.
int64_t write_until_death(const ServerProcess& server, int64_t next) {
  const auto client = cli::connect_server(server.url());
  while (true) {
    std::vector<WrittenSample> samples;
    for (int64_t i = next; i < next + 30; ++i) {
      samples.push_back({i * 60'000, static_cast<double>(i)});
    }
    const auto response = (*client)->post("/api/v1/write", "application/x-protobuf",
                                          remote_write_body("seq", samples));
    if (!response.ok() || response->status != 204) return next;
    next += 30;
  }
}

TEST_F(Server, KillMinusNineAtFiftyMomentsLosesNothingAndDoublesNothing) {
  std::mt19937 random(20261120);
  int64_t acknowledged = 0;
  for (int round = 0; round < 50; ++round) {
    const auto server = serve({"--self-scrape-interval", "0", "--retention", "0"});
    const int64_t found_now = acknowledged * 60'000;
    if (acknowledged > 0) {
      const std::string range = "[" + std::to_string(acknowledged + 100) + "m]";
      const auto found =
          values(*server, "count_over_time(seq" + range + ")", found_now + 1'800'000);
      ASSERT_EQ(found.size(), 1u) << found[0];
      // The request that was under way may have been kept, but nobody was told.
      const int64_t count = std::stoll(found[0]);
      ASSERT_TRUE(count == acknowledged || count == acknowledged + 30)
          << count << " of " << acknowledged << " in round " << round;
      EXPECT_EQ(values(*server, "sum_over_time(seq" + range + ")", found_now - 60'000),
                Values{std::to_string(acknowledged * (acknowledged - 1) / 2)});
      acknowledged = count;
    }
    std::jthread killer([&, after = random() % 60] {
      std::this_thread::sleep_for(std::chrono::milliseconds(after));
      kill(server->pid(), SIGKILL);
    });
    acknowledged = write_until_death(*server, acknowledged);
    killer.join();
  }
  EXPECT_GT(acknowledged, 500);  // slow builds get less done in the same time
}

TEST_F(Server, QueryShowsTablesChartsCsvAndJson) {
  const auto server = serve();
  const int64_t now_s = base::now_ms() / 1000;
  ASSERT_TRUE(write(*server, "temperature", {{(now_s - 60) * 1000, 20}, {now_s * 1000, 21.5}}));
  const auto query = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"query", "--url", server->url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_gnomon(arguments);
  };
  EXPECT_EQ(query({"temperature"}).output, "metric       value\ntemperature   21.5\n");
  EXPECT_EQ(query({"1 + 1"}).output, "2\n");
  EXPECT_EQ(query({"missing"}).output, "no data\n");
  EXPECT_THAT(query({"--output", "csv", "temperature"}).output,
              StartsWith("time,__name__,value\n2"));
  EXPECT_THAT(query({"--output", "json", "temperature"}).output,
              StartsWith("{\"status\":\"success\""));
  const Outcome chart = query({"--start", "-2m", "--step", "10s", "temperature"});
  EXPECT_THAT(chart.output, HasSubstr("┤"));
  EXPECT_THAT(chart.output, HasSubstr("━ temperature  21.5   20  21.5\n"));
  EXPECT_EQ(query({"explain me"}).status, 1);
  EXPECT_THAT(query({"1 +"}).errors, HasSubstr("parse error: unexpected end of input"));
  EXPECT_EQ(query({}).status, 2);
}

TEST_F(Server, ImportsTextIntoAServerAndIntoAStore) {
  const std::string text =
      "# TYPE jobs gauge\njobs{queue=\"a\"} 3 60000\njobs{queue=\"b\"} 4 60000\n";
  {
    const auto server = serve();
    const Outcome done = run_gnomon({"import", "--url", server->url(), "-"}, text);
    EXPECT_EQ(done.status, 0) << done.errors;
    EXPECT_EQ(values(*server, "sum(jobs)", 60'000), Values{"7"});
    const Outcome bad = run_gnomon({"import", "--url", server->url(), "-"}, "jobs{ 3\n");
    EXPECT_EQ(bad.status, 1);
    EXPECT_THAT(bad.errors, HasSubstr("refused"));
    EXPECT_EQ(server->stop(SIGTERM), 0);
  }
  std::ofstream(folder_.file("om.txt")) << "# TYPE done counter\ndone_total 5 90\n# EOF\n";
  ASSERT_EQ(run_gnomon({"import", "--store", store(), folder_.file("om.txt")}).status, 0);
  const Outcome sum = run_gnomon(
      {"query", "--store", store(), "--time", "90", "sum(jobs) + on() group_left() done_total"});
  EXPECT_EQ(sum.output, "value\n   12\n") << sum.errors;
  EXPECT_EQ(run_gnomon({"import", "--store", store(), folder_.file("none.txt")}).status, 1);
}

TEST_F(Server, ExplainShowsThePlan) {
  const Outcome plan = run_gnomon({"explain", "--store", "memory:", "sum(rate(a[5m]))"});
  EXPECT_EQ(plan.status, 0) << plan.errors;
  EXPECT_THAT(plan.output, HasSubstr("scan {__name__=\"a\"}"));
}

TEST(CommandLine, KnowsItsCommandsAndSaysSo) {
  EXPECT_THAT(run_gnomon({"--help"}).output, HasSubstr("Serve PromQL over HTTP"));
  EXPECT_EQ(run_gnomon({}).status, 2);
  EXPECT_THAT(run_gnomon({"sevre"}).errors, HasSubstr("unknown command \"sevre\""));
  EXPECT_THAT(run_gnomon({"version"}).output, StartsWith("gnomon "));
  for (const char* command :
       {"serve", "query", "import", "explain", "migrate", "diff", "version"}) {
    const Outcome help = run_gnomon({command, "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.output, StartsWith(std::string("Usage: gnomon ") + command));
  }
}

TEST(CommandLine, WarnsOfUnknownFeaturesAndGoesOn) {
  const ScratchFolder folder;
  ServerProcess server("memory:", {"--enable-feature", "promql-duration-expr,time-travel"},
                       folder.file("log"));
  EXPECT_FALSE(server.url().empty());
  EXPECT_THAT(server.log(), HasSubstr("msg=\"Unknown option for --enable-feature\" "
                                      "option=time-travel"));
  EXPECT_EQ(server.log().find("option=promql"), std::string::npos);
}

TEST(CommandLine, RefusesAnUnknownStore) {
  const Outcome outcome = run_gnomon({"serve", "--store", "redis:x"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("known are"));
}

}  // namespace
}  // namespace gnomon::server_test
