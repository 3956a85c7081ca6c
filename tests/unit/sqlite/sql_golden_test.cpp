// The SQL a selection runs, as EXPLAIN shows it. The same statements are then run by hand and must
// find the rows.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "adapters/blocks/metrics/chunk_table.h"
#include "tests/unit/blocks/golden.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

TEST(Sql, IsShownAsItRunsAndFindsTheRows) {
  TemporaryFolder folder;
  const std::string file = folder.file("g.db");
  {
    const auto store = adapters::SqliteDatabase::open(file, by_hand());
    ASSERT_TRUE(store.ok()) << store.error().message;
    compare_sql("sqlite/chunks.txt",
                sql_of_chunks((*store)->metrics(), [&] { return (*store)->maintain(true); }));
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  const auto rows = [&](const blocks::ChunkTable& table, int64_t window, uint32_t series) {
    const auto read =
        blocks::read_chunks(blocks::kSqlite, table, blocks::page_range(table, window, series));
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
  EXPECT_EQ(rows(blocks::kWindowChunks, 40, 1), 127);   // series 1 to 127
  EXPECT_EQ(rows(blocks::kWindowChunks, 40, 299), 45);  // series 256 to 300
  EXPECT_EQ(rows(blocks::kWindowChunks, 1000, 1), 0);
  EXPECT_EQ(rows(blocks::kDayChunks, 0, 20), 16);  // series 16 to 31
  sqlite3_close(database);
}

}  // namespace
}  // namespace gnomon
