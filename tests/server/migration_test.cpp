// Files of earlier releases: opened, migrated in place, and answering the same bytes.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/process.h"

namespace gnomon::server_test {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(GNOMON_SOURCE_DIR) / "testdata/migrations";

// Paths of requests and the bodies that the earlier release answered, on alternating lines.
std::vector<std::pair<std::string, std::string>> read_answers(const std::string& name) {
  std::ifstream in(kFolder / name);
  std::vector<std::pair<std::string, std::string>> answers;
  for (std::string path, body; std::getline(in, path) && std::getline(in, body);) {
    answers.emplace_back(path, body);
  }
  return answers;
}

int64_t number(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  const int64_t result = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return result;
}

class Migration : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy_file(kFolder / "sqlite_v1.sqlite3", file_);
    ASSERT_EQ(number(file_, "PRAGMA user_version"), 1);
    ASSERT_GT(number(file_, "SELECT count(*) FROM log"), 0) << "some writes are not sealed";
    ASSERT_GT(number(file_, "SELECT count(*) FROM day_chunk"), 0) << "a day is merged";
  }

  void expect_same_answers(const ServerProcess& server) {
    const auto answers = read_answers("sqlite_v1.answers.txt");
    ASSERT_GE(answers.size(), 6u);
    for (const auto& [path, body] : answers) {
      std::string got = http_get(server.url(), path);
      while (got.ends_with('\n')) got.pop_back();
      EXPECT_EQ(got, body) << path;
    }
  }

  ScratchFolder folder_;
  const std::string file_ = folder_.file("old.db");
  const std::string store_ = "sqlite:" + file_;
  const std::vector<std::string> flags_ = {"--retention", "0", "--self-scrape-interval", "0"};
};

TEST_F(Migration, ASqliteFileOfVersion1AnswersTheSame) {
  {
    ServerProcess server(store_, flags_, folder_.file("first.log"));
    ASSERT_FALSE(server.url().empty()) << server.log();
    expect_same_answers(server);
    // Two days later, so that what was there is sealed and merged.
    const std::string more = folder_.file("more.txt");
    std::ofstream(more) << "after_migration 1.5 1700300000000\n";
    const Outcome written = run_gnomon({"import", "--url", server.url(), more});
    ASSERT_EQ(written.status, 0) << written.errors;
    EXPECT_EQ(server.stop(SIGTERM), 0) << server.log();
  }
  EXPECT_EQ(number(file_, "PRAGMA user_version"), 2);
  EXPECT_EQ(number(file_, "SELECT count(*) FROM log"), 0);
  ServerProcess server(store_, flags_, folder_.file("second.log"));
  ASSERT_FALSE(server.url().empty()) << server.log();
  expect_same_answers(server);
  EXPECT_NE(http_get(server.url(), "/api/v1/query?query=after_migration&time=1700300000")
                .find("\"1.5\""),
            std::string::npos);
}

TEST_F(Migration, KillsBetweenLoseNothing) {
  for (int i = 0; i < 3; ++i) {
    ServerProcess server(store_, flags_, folder_.file("killed.log"));
    ASSERT_FALSE(server.url().empty()) << server.log();
    EXPECT_EQ(server.stop(SIGKILL), 128 + SIGKILL);
  }
  ServerProcess server(store_, flags_, folder_.file("last.log"));
  ASSERT_FALSE(server.url().empty()) << server.log();
  expect_same_answers(server);
}

}  // namespace
}  // namespace gnomon::server_test
