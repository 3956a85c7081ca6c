// The SQL a selection runs, as EXPLAIN shows it: testdata/sql/sqlite/chunks.txt. The same
// statements are then run by hand and must find the rows.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>

#include "adapters/sql/chunk_table.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

std::unique_ptr<sqlite::SqliteStore> example(const std::string& file) {
  storage::StoreOptions options;
  options.background = false;
  options.retention_ms = 0;
  auto store = sqlite::SqliteStore::open(file, options);
  EXPECT_TRUE(store.ok());
  Batch batch;
  for (int i = 0; i < 300; ++i) {
    std::vector<model::Sample> samples;
    for (int64_t t = 0; t < 4 * kDay; t += kHour) samples.push_back({t, double(t + i)});
    batch.row({{"__name__", "m"}, {"i", std::to_string(1000 + i)}}, samples);
  }
  EXPECT_TRUE((*store)->append(batch.get()).ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE((*store)->maintain(true).ok());
  return std::move(*store);
}

TEST(Sql, IsShownAsItRuns) {
  TemporaryFolder folder;
  const auto store = example(folder.file("g.db"));
  const auto one = [](const char* i) { return model::Matchers{model::Matcher::equal("i", i)}; };
  const storage::Fragment fragments[] = {
      {one("1000"), 80 * kHour, 81 * kHour},
      {one("1299"), 79 * kHour, 81 * kHour},
      {one("1017"), 0, kDay},
      {{}, 80 * kHour, 81 * kHour},
      {{}, 0, 100 * kDay},
      {one("none"), 0, kDay},
      {{}, 200 * kDay, 201 * kDay},
  };
  std::string text;
  for (const storage::Fragment& fragment : fragments) {
    auto selection = store->select(fragment, {});
    ASSERT_TRUE(selection.ok());
    const std::string sql = (*selection)->describe();
    text += to_string(fragment) + "\n----\n" + sql + (sql.empty() ? "\n" : "\n\n");
  }
  const std::string path = GNOMON_SOURCE_DIR "/testdata/sql/sqlite/chunks.txt";
  if (std::getenv("GNOMON_UPDATE") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text, golden) << "GNOMON_UPDATE=1 accepts it";
}

TEST(Sql, FindsTheRowsOfAPage) {
  TemporaryFolder folder;
  const std::string file = folder.file("g.db");
  example(file).reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  const auto rows = [&](const sql::ChunkTable& table, int64_t window, uint32_t series) {
    const auto read = sql::read_chunks(sql::kSqlite, table, sql::page_range(table, window, series));
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, read.text.c_str(), -1, &statement, nullptr), SQLITE_OK);
    for (size_t i = 0; i < read.parameters.size(); ++i) {
      sqlite3_bind_int64(statement, static_cast<int>(i) + 1, read.parameters[i]);
    }
    int count = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) ++count;
    sqlite3_finalize(statement);
    return count;
  };
  EXPECT_EQ(rows(sql::kWindowChunks, 40, 1), 127);   // series 1 to 127
  EXPECT_EQ(rows(sql::kWindowChunks, 40, 299), 45);  // series 256 to 300
  EXPECT_EQ(rows(sql::kWindowChunks, 1000, 1), 0);
  EXPECT_EQ(rows(sql::kDayChunks, 0, 20), 16);  // series 16 to 31
  sqlite3_close(database);
}

}  // namespace
}  // namespace gnomon
