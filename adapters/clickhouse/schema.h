#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/options.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// `database`.`table` as SQL text.
std::string table_name(const Options& options, std::string_view table);
// The table that holds the rows: with a cluster the Replicated one below the Distributed one.
std::string local_table_name(const Options& options, std::string_view table);
// " ON CLUSTER `name`" or "".
std::string on_cluster(const Options& options);

// A statement with on_cluster(): ends when every server has run it, or with the name of one that
// has not.
Request ddl(const Options& options, std::string sql);

// `name` with quotes and escapes.
std::string identifier(std::string_view name);
// 'text' with quotes and escapes.
std::string quoted(std::string_view text);

// What creates the database and its tables, one statement each, in order; all do nothing where it
// is there already. Rows are kept in partitions of a day, or of a month with a long retention.
std::vector<std::string> create_statements(const Options& options, int64_t retention_ms);

// Creates what is missing. Errors: Unavailable and what ClickHouse says.
Result<void> open_schema(HttpClient& client, int64_t retention_ms);

}  // namespace gnomon::clickhouse
