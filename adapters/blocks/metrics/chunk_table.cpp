#include "adapters/blocks/metrics/chunk_table.h"

#include <algorithm>
#include <string>

namespace gnomon::blocks {

KeyRange page_range(const ChunkTable& table, int64_t window, uint32_t series) {
  const uint32_t first = first_of_page(table, series);
  return {chunk_key(window, first), chunk_key(window, first + (table.page_series - 1))};
}

Statement read_chunks(const Dialect& dialect, const ChunkTable& table, KeyRange range) {
  const std::string mark(dialect.parameter_mark);
  Statement statement;
  statement.text = "SELECT key, data FROM " + std::string(table.name) + " WHERE key BETWEEN " +
                   mark + "1 AND " + mark + "2 ORDER BY key";
  statement.parameters = {range.first, range.last};
  return statement;
}

std::vector<Statement> read_chunks(const Dialect& dialect, const ChunkTable& table,
                                   std::span<const int64_t> windows,
                                   std::span<const storage::SeriesId> ids) {
  std::vector<uint32_t> pages;
  pages.reserve(ids.size());
  for (storage::SeriesId id : ids) {
    pages.push_back(first_of_page(table, static_cast<uint32_t>(id)));
  }
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
  std::vector<Statement> statements;
  for (int64_t window : windows) {
    for (uint32_t page : pages) {
      statements.push_back(read_chunks(dialect, table, page_range(table, window, page)));
    }
  }
  return statements;
}

}  // namespace gnomon::blocks
