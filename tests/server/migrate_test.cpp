// gnomon migrate and gnomon diff from outside.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "adapters/backends.h"
#include "tests/open_metrics.h"
#include "tests/server/process.h"
#include "tests/servers/server.h"

namespace gnomon::server_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kBase = 1'700'000'000'000;

class Migrate : public ::testing::Test {
 protected:
  std::string url(const std::string& name) const { return "sqlite:" + folder_.file(name); }
  Outcome gnomon(const std::string& command, const std::string& from, const std::string& to,
                 std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {command, "--from", url(from), "--to", url(to)});
    return run_gnomon(more);
  }
  void import(const std::string& store, const std::string& text) const {
    std::ofstream(folder_.file("in.txt")) << text;
    const Outcome done = run_gnomon({"import", "--store", url(store), folder_.file("in.txt")});
    ASSERT_EQ(done.status, 0) << done.errors;
  }
  // Many windows, so that a copy takes a while.
  void fill(const std::string& store, int series, int samples) const {
    auto opened = open_metrics(url(store), {.retention_ms = 0});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    for (int s = 0; s < series; ++s) {
      model::WriteBatch batch;
      const auto labels = model::Labels::from({{"__name__", "m"}, {"n", std::to_string(s)}});
      batch.begin_row(labels.view());
      for (int i = 0; i < samples; ++i) {
        batch.add({kBase + i * 15'000, static_cast<double>(i * s) + 0.5});
      }
      batch.end_row();
      ASSERT_TRUE((*opened)->append(batch, {}).ok());
    }
  }
  uint64_t bytes_of(const std::string& store) const {
    std::error_code missing;
    uint64_t bytes = 0;
    for (const char* suffix : {"", "-wal"}) {
      const uint64_t size = std::filesystem::file_size(folder_.file(store + suffix), missing);
      if (!missing) bytes += size;
    }
    return bytes;
  }

  ScratchFolder folder_;
};

TEST_F(Migrate, CopiesVerifiesAndReports) {
  import("a.db",
         "# HELP a What a counts.\n# TYPE a counter\n"
         "a_total{n=\"1\"} 1 1700000000\na_total{n=\"1\"} 2 1700007200 # {trace_id=\"t\"} 1 "
         "1700007200\na_total{n=\"2\"} NaN 1700000000\n# EOF\n");
  const Outcome first = gnomon("migrate", "a.db", "b.db");
  EXPECT_EQ(first.status, 0) << first.errors;
  EXPECT_EQ(first.output,
            "2 series, 3 samples, 1 metadata, 1 exemplars\n"
            "2 windows copied, 0 were there already, 3 samples written\n"
            "verified: both sides are the same\n");
  EXPECT_EQ(first.errors, "");
  EXPECT_THAT(gnomon("migrate", "a.db", "b.db").output,
              HasSubstr("0 windows copied, 2 were there already, 0 samples written"));
  const Outcome same = gnomon("diff", "a.db", "b.db");
  EXPECT_EQ(same.status, 0) << same.output << same.errors;
  EXPECT_THAT(same.output, HasSubstr("7 queries, all the same"));
}

TEST_F(Migrate, NamesWhatDiffers) {
  import("a.db", "a{n=\"1\"} 1 1700000000000\n");
  import("b.db", "a{n=\"1\"} 2 1700000000000\n");
  const Outcome copied = gnomon("migrate", "a.db", "b.db");
  EXPECT_EQ(copied.status, 1);
  EXPECT_THAT(copied.output, HasSubstr("2 differences"));
  EXPECT_THAT(copied.errors, HasSubstr("a{n=\"1\"} from 2023-11-14T22:13:20Z"));
  EXPECT_THAT(copied.errors, HasSubstr("another value for a{n=\"1\"} at 1700000000000"));
  const Outcome different = gnomon("diff", "a.db", "b.db");
  EXPECT_EQ(different.status, 1);
  EXPECT_THAT(different.output, HasSubstr("at 1700000000000: from: 1 (0x3ff0000000000000); to: 2"));
  EXPECT_THAT(different.output, HasSubstr("differ\n"));
}

TEST_F(Migrate, GoesOnAfterAKill) {
  fill("a.db", 100, 12'000);
  int killed = 0;
  for (const uint64_t reached : {200'000u, 400'000u, 1'000'000u}) {
    killed += kill_gnomon_when({"migrate", "--from", url("a.db"), "--to", url("b.db")},
                               [&] { return bytes_of("b.db") >= reached; });
  }
  EXPECT_GT(killed, 0);
  const Outcome last = gnomon("migrate", "a.db", "b.db");
  EXPECT_EQ(last.status, 0) << last.errors;
  EXPECT_THAT(last.output, HasSubstr("100 series, 1200000 samples"));
  EXPECT_THAT(last.output, Not(HasSubstr(" 0 were there already")));
  EXPECT_THAT(last.output, HasSubstr("verified"));
  EXPECT_EQ(gnomon("diff", "a.db", "b.db").status, 0);
}

TEST_F(Migrate, GoesOnAfterAKillOnEveryServer) {
  fill("a.db", 100, 12'000);
  for (const char* server : {"postgres", "clickhouse"}) {
    const std::string shared = servers::shared_url(server);
    if (shared.empty()) GTEST_SKIP() << "GNOMON_TEST_... says none: " << server;
    const std::string to = *adapters::tenant_url(shared, "kill-" + std::to_string(getpid()));
    const std::vector<std::string> command = {"migrate", "--from", url("a.db"), "--to", to};
    int killed = 0;
    for (const int after_ms : {60, 120, 180}) {
      using Clock = std::chrono::steady_clock;
      const auto until = Clock::now() + std::chrono::milliseconds(after_ms);
      killed += kill_gnomon_when(command, [&] { return Clock::now() >= until; });
    }
    EXPECT_GT(killed, 0) << server;
    const Outcome last = run_gnomon(command);
    EXPECT_EQ(last.status, 0) << server << ": " << last.errors;
    EXPECT_THAT(last.output, HasSubstr("100 series, 1200000 samples"));
    EXPECT_THAT(last.output, HasSubstr("verified"));
    const Outcome same = run_gnomon({"diff", "--from", url("a.db"), "--to", to});
    EXPECT_EQ(same.status, 0) << server << ": " << same.output << same.errors;
  }
}

TEST_F(Migrate, TakesATimeAndATenant) {
  std::filesystem::create_directory(folder_.file("from"));
  std::filesystem::create_directory(folder_.file("to"));
  import("from/x.db", "a 1 1700000000000\na 2 1700000100000\na 3 1700000200000\n");
  const Outcome copied = gnomon("migrate", "from/", "to/",
                                {"--tenant", "x", "--start", "1700000100", "--end", "1700000100"});
  EXPECT_EQ(copied.status, 0) << copied.errors;
  EXPECT_THAT(copied.output, HasSubstr("1 series, 1 samples"));
  EXPECT_TRUE(std::filesystem::exists(folder_.file("to/x.db")));
}

TEST_F(Migrate, DiffTakesQueriesFromAFile) {
  import("a.db", "a 1 1700000000000\n");
  import("b.db", "a 1 1700000000000\nb 1 1700000000000\n");
  std::ofstream(folder_.file("q.txt")) << "# first\na\n\nsum(b)\nnot a query\n";
  const Outcome found = gnomon("diff", "a.db", "b.db", {"--queries", folder_.file("q.txt")});
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output, HasSubstr("sum(b)\n  {} only in to\n"));
  EXPECT_THAT(found.output, HasSubstr("3 queries, 1 differ\n"));
}

TEST_F(Migrate, RefusesWhatMakesNoSense) {
  EXPECT_THAT(gnomon("migrate", "none.db", "b.db").errors, HasSubstr("there is no store at"));
  EXPECT_FALSE(std::filesystem::exists(folder_.file("none.db")));
  EXPECT_THAT(gnomon("migrate", "a.db", "a.db").errors, HasSubstr("the same store"));
  EXPECT_THAT(run_gnomon({"migrate"}).errors, HasSubstr("--from and --to"));
  import("a.db", "a 1 1700000000000\n");
  EXPECT_THAT(gnomon("diff", "a.db", "none.db").errors, HasSubstr("there is no store at"));
  EXPECT_THAT(gnomon("migrate", "a.db", "b.db", {"--start", "10", "--end", "5"}).errors,
              HasSubstr("--start is after --end"));
}

}  // namespace
}  // namespace gnomon::server_test
