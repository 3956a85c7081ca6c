#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/options.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// What the column that divides a table into partitions holds: DateTime64 or Date32.
enum class PartitionBy : uint8_t { Nothing, Time, Day };

// How a server learns what the others change in a table: not at all, that it changed, or in rows
// of which times. The last needs PartitionBy::Time: a part of a table tells the times in its rows.
enum class Watched : uint8_t { Not, Whole, ByTime };

// A table of a signal. All are ReplacingMergeTree, with a cluster the Replicated one below a
// Distributed one.
struct Table {
  const char* name;
  const char* columns;
  const char* version;  // the column of which the greatest of two equal keys stays; "": any stays
  PartitionBy partition_by;
  const char* partition_column;  // "" for PartitionBy::Nothing
  const char* key;               // ORDER BY
  const char* shard;             // the number that says on which shard a row is
  const char* settings;
  Watched watched = Watched::Not;
};

// `database`.`table` as SQL text.
std::string table_name(const Options& options, std::string_view table);
// The table that holds the rows: with a cluster the Replicated one below the Distributed one.
std::string local_table_name(const Options& options, std::string_view table);
// The same without the database, as ClickHouse's own tables name it.
std::string local_name(const Options& options, std::string_view table);
// " ON CLUSTER `name`" or "".
std::string on_cluster(const Options& options);

// A statement with on_cluster(): ends when every server has run it, or with the name of one that
// has not.
Request ddl(const Options& options, std::string sql);

// `name` with quotes and escapes.
std::string identifier(std::string_view name);
// 'text' with quotes and escapes.
std::string quoted(std::string_view text);

// What creates the database and these tables, one statement each, in order; all do nothing where
// it is there already. Rows are kept in partitions of a day, or of a month with a long retention.
std::vector<std::string> create_statements(const Options& options, std::span<const Table> tables,
                                           int64_t retention_ms);

// Creates what is missing of the tables, at least one; where the last one is there, all are taken
// to be. Errors: Unavailable and what ClickHouse says.
Result<void> open_schema(HttpClient& client, std::span<const Table> tables, int64_t retention_ms);

}  // namespace gnomon::clickhouse
