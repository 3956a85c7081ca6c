// Opening what is not ours, not there or not whole: a clear error, nothing damaged.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>

#include "tests/open_metrics.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

storage::StoreOptions quiet() {
  storage::StoreOptions options;
  options.background = false;
  return options;
}

std::string open_error(const std::string& file) {
  const auto store = open_metrics("sqlite:" + file, quiet());
  return store.ok() ? "opened" : store.error().message;
}

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void execute(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

void write_some(const std::string& file) {
  auto store = open_metrics("sqlite:" + file, quiet());
  ASSERT_TRUE(store.ok()) << store.error().message;
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> any(0, 1);
  Batch batch;
  for (int i = 0; i < 500; ++i) {
    std::vector<model::Sample> samples;
    for (int t = 0; t < 100; ++t) samples.push_back({t * 15'000, any(random)});
    batch.row({{"__name__", "m"}, {"i", std::to_string(i)}}, samples);
  }
  ASSERT_TRUE((*store)->append(batch.get(), {}).ok());
}

TEST(Open, NamesTheKnownStores) {
  const auto store = open_metrics("mysql:x", {});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().kind, ErrorKind::BadData);
  EXPECT_EQ(store.error().message,
            "unknown store \"mysql:x\"; known are: memory:, sqlite:PATH, "
            "postgres://HOST:PORT/DATABASE, postgresql://HOST:PORT/DATABASE, "
            "clickhouse://HOST:PORT/DATABASE");
  const auto mistyped = open_metrics("postgresq://user:secret@host/metrics", {});
  ASSERT_FALSE(mistyped.ok());
  EXPECT_TRUE(mistyped.error().message.starts_with("unknown store \"postgresq:...\"; known are:"));
  EXPECT_FALSE(open_metrics("sqlite:", {}).ok());
  EXPECT_FALSE(open_metrics("sqlite", {}).ok());
}

TEST(Open, TakesAbsoluteUrls) {
  TemporaryFolder folder;
  EXPECT_TRUE(open_metrics("sqlite://" + folder.file("a.db"), quiet()).ok());
  EXPECT_TRUE(std::filesystem::exists(folder.file("a.db")));
}

TEST(Open, LeavesForeignFilesAlone) {
  TemporaryFolder folder;
  const std::string text = folder.file("text");
  std::ofstream(text) << "Dear diary, today I was not a database.";
  const std::string before = content(text);
  EXPECT_EQ(open_error(text), text + " is not a SQLite database; it was not changed");
  EXPECT_EQ(content(text), before);

  const std::string other = folder.file("other.db");
  execute(other, "CREATE TABLE recipes(name); INSERT INTO recipes VALUES ('soup')");
  const std::string soup = content(other);
  EXPECT_EQ(open_error(other),
            other + " is a SQLite database of another program; it was not changed");
  EXPECT_EQ(content(other), soup);
}

TEST(Open, RefusesANewerSchema) {
  TemporaryFolder folder;
  const std::string file = folder.file("new.db");
  write_some(file);
  execute(file, "PRAGMA user_version = 99");
  EXPECT_EQ(open_error(file), file +
                                  " was written by a newer Gnomon (schema 99, this one knows 2); "
                                  "it was not changed");
  execute(file, "PRAGMA user_version = 1");
  EXPECT_EQ(open_error(file), "opened");
}

TEST(Open, RefusesASecondProcess) {
  TemporaryFolder folder;
  const std::string file = folder.file("g.db");
  auto store = open_metrics("sqlite:" + file, quiet());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(open_error(file), file + " is open in another Gnomon");
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(open_error(file) == file + " is open in another Gnomon" ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  store->reset();
  EXPECT_EQ(open_error(file), "opened");
}

TEST(Open, SaysWhenAPlaceCannotBeWritten) {
  TemporaryFolder folder;
  const std::string nowhere = folder.file("no/such/folder/g.db");
  EXPECT_EQ(open_error(nowhere), "cannot open " + nowhere + ": No such file or directory");
  std::filesystem::create_directory(folder.file("d"));
  EXPECT_EQ(open_error(folder.file("d")), "cannot open " + folder.file("d") + ": Is a directory");
  if (::geteuid() == 0) return;  // root may write anywhere
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const std::string locked = folder.file("g.db");
  EXPECT_EQ(open_error(locked), "cannot open " + locked + ": Permission denied");
}

// Overwrites bytes in the middle of each page in turn. SQLite has no checksums of its own pages, so
// a row may be out of reach; but nothing crashes, chunks that were hit are errors, and every sample
// that is given is a true one.
TEST(Open, NeverTellsALieFromADamagedFile) {
  TemporaryFolder folder;
  const std::string file = folder.file("g.db");
  write_some(file);
  const std::string whole = content(file);
  std::map<model::Labels, model::SampleBlock> truth;
  {
    auto store = open_metrics("sqlite:" + file, quiet());
    for (auto& [labels, block] : read_all(**store)) truth[labels] = std::move(block);
  }
  int errors = 0;
  for (size_t at = 16'384; at < whole.size(); at += 5'000) {
    std::string damaged = whole;
    for (size_t i = at; i < at + 40 && i < damaged.size(); ++i) damaged[i] ^= 0x55;
    // What the round before could not copy into its damaged file must not heal this one.
    for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(file + end);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
    auto store = open_metrics("sqlite:" + file, quiet());
    if (!store.ok()) {
      ++errors;
      continue;
    }
    auto selection = (*store)->select({{}, 0, model::kTimeMax}, {});
    ASSERT_TRUE(selection.ok());
    const auto series = (*selection)->series();
    for (size_t i = 0; i < series.size(); ++i) {
      auto cursor = (*selection)->open(i, i + 1, {});
      model::SampleBlock block;
      const auto more = (*cursor)->next(block);
      errors += more.ok() ? 0 : 1;
      if (!more.ok() || block.empty()) continue;
      ASSERT_EQ(block.times, truth[series[i]].times);
      ASSERT_EQ(block.values, truth[series[i]].values);
    }
  }
  EXPECT_GT(errors, 20);
}

TEST(Open, NamesADamagedLog) {
  TemporaryFolder folder;
  const std::string file = folder.file("g.db");
  {
    auto store = open_metrics("sqlite:" + file, quiet());
    ASSERT_TRUE(store.ok());
  }
  execute(file, "INSERT INTO log(seq, signal, data) VALUES (7, 1, x'01020304050607080910')");
  EXPECT_EQ(open_error(file), file + ": damaged log record (log record 7)");
}

TEST(Open, AFullDiskRefusesAndKeepsTheRest) {
  TemporaryFolder folder;
  const std::string file = folder.file("g.db");
  auto opened = adapters::SqliteDatabase::open(file, quiet());
  ASSERT_TRUE(opened.ok());
  storage::MetricStore& store = (*opened)->metrics();
  const Batch small = Batch().row({{"__name__", "kept"}}, {{1000, 1}});
  ASSERT_TRUE(store.append(small.get(), {}).ok());
  ASSERT_TRUE((*opened)->database().limit_pages(40).ok());
  Batch big;
  for (int i = 0; i < 2000; ++i) {
    std::vector<model::Sample> samples;
    for (int t = 0; t < 50; ++t) samples.push_back({t * 15'000, i * 0.37 + t * 1.0 / 3});
    big.row({{"__name__", "lost"}, {"i", std::to_string(i)}}, samples);
  }
  const auto full = store.append(big.get(), {});
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(full.error().message, "no space left for " + file + "; nothing was stored");
  EXPECT_EQ(to_text(read_all(store)), "kept 1@1000\n");
  ASSERT_TRUE(store.append(Batch().row({{"__name__", "kept"}}, {{2000, 2}}).get(), {}).ok());
  // The series of the refused request are stored with their first samples that do fit.
  ASSERT_TRUE((*opened)->database().limit_pages(100'000).ok());
  ASSERT_TRUE(store.append(big.get(), {}).ok());
  opened->reset();
  auto again = open_metrics("sqlite:" + file, quiet());
  ASSERT_TRUE(again.ok());
  const auto all = read_all(**again);
  ASSERT_EQ(all.size(), 2001u);
  EXPECT_EQ(all[0].second.times, (std::vector<int64_t>{1000, 2000}));
}

}  // namespace
}  // namespace gnomon
