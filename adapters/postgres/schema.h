#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/blocks/metrics/chunk_cache.h"
#include "adapters/blocks/statement.h"
#include "adapters/postgres/connection.h"
#include "src/base/result.h"

namespace gnomon::postgres {

inline constexpr int64_t kSchemaVersion = 1;

// Creates the schema and its tables when they are missing; brings older ones up to date. One server
// at a time does. A newer version, or a schema of somebody else, is an error and stays as it is.
Result<void> open_schema(Connection& connection, const std::string& schema);

// "schema"."name".
std::string table_name(const std::string& schema, std::string_view name);
// The advisory lock `purpose` of a schema; another schema's may be the same one by chance.
int64_t lock_key(const std::string& schema, std::string_view purpose);

// The part of a chunk table that holds a window: chunk_19000 has the windows of day 19000,
// day_chunk_19000 that day.
int64_t part_of(const blocks::ChunkTable& table, int64_t window);
std::string part_name(const std::string& schema, const blocks::ChunkTable& table, int64_t part);
// Windows [first, end) of a part.
struct Windows {
  int64_t first;
  int64_t end;
};
Windows windows_of_part(const blocks::ChunkTable& table, int64_t part);

// Rows (page, data) of some pages of one window; `pages` are series numbers divided by the table's
// page_series, ascending. Windows and pages stand in the text: there is nothing to bind.
std::string read_pages(const std::string& schema, const blocks::ChunkTable& table, int64_t window,
                       std::span<const uint32_t> pages);
// What is read of `table` for these series and one window when nothing is in memory.
std::vector<blocks::Statement> read_pages(const std::string& schema,
                                          const blocks::ChunkTable& table, int64_t window,
                                          std::span<const storage::SeriesId> ids);

}  // namespace gnomon::postgres
