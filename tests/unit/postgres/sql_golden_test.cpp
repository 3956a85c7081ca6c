// The SQL a selection runs, as EXPLAIN shows it: testdata/sql/postgres/chunks.txt. Run by hand the
// same statements find rows.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

std::unique_ptr<postgres::PostgresStore> example(const PostgresSchema& schema) {
  auto store = schema.open(PostgresSchema::by_hand());
  Batch batch;
  for (int i = 0; i < 300; ++i) {
    std::vector<model::Sample> samples;
    for (int64_t t = 0; t < 4 * kDay; t += kHour) samples.push_back({t, double(t + i)});
    batch.row({{"__name__", "m"}, {"i", std::to_string(1000 + i)}}, samples);
  }
  EXPECT_TRUE(store->append(batch.get()).ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(store->maintain(true).ok());
  return store;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

TEST(PostgresSql, IsShownAsItRuns) {
  const PostgresSchema schema;
  const auto store = example(schema);
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
    std::string sql = (*selection)->describe();
    if (sql.find("\nand ") == std::string::npos && !sql.empty()) {
      const std::string first = sql.substr(0, sql.find('\n'));
      EXPECT_GT(schema.number("SELECT count(*) FROM (" + first + ") AS pages"), 0) << first;
    }
    replace_all(sql, schema.name(), "gnomon");
    text += to_string(fragment) + "\n----\n" + sql + (sql.empty() ? "\n" : "\n\n");
  }
  const std::string path = GNOMON_SOURCE_DIR "/testdata/sql/postgres/chunks.txt";
  if (std::getenv("GNOMON_UPDATE") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text, golden) << "GNOMON_UPDATE=1 accepts it";
}

}  // namespace
}  // namespace gnomon
