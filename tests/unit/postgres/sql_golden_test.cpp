// The SQL a selection runs, as EXPLAIN shows it; run by hand, every statement finds rows.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/blocks/golden.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace gnomon {
namespace {

TEST(PostgresSql, IsShownAsItRuns) {
  const PostgresSchema schema;
  const auto store = schema.open();
  std::string text = sql_of_chunks(*store);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("SELECT")) continue;
    EXPECT_GT(schema.number("SELECT count(*) FROM (" + line + ") AS pages"), 0) << line;
  }
  const std::string& name = schema.name();
  for (size_t at; (at = text.find(name)) != std::string::npos;) {
    text.replace(at, name.size(), "gnomon");
  }
  compare_sql("postgres/chunks.txt", text);
}

}  // namespace
}  // namespace gnomon
