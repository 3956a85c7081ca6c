#include "adapters/clickhouse/schema.h"

#include "src/base/limits.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

std::string engine_of(const Options& options, const Table& table) {
  std::string arguments;
  std::string name = "ReplacingMergeTree";
  if (!options.cluster.empty()) {
    name = "ReplicatedReplacingMergeTree";
    arguments = quoted("/clickhouse/tables/{shard}/" + options.database + "/" + table.name) +
                ", '{replica}'";
  }
  if (table.version[0] != 0)
    arguments += (arguments.empty() ? "" : ", ") + std::string(table.version);
  return name + "(" + arguments + ")";
}

std::string create_local(const Options& options, const Table& table, bool days) {
  std::string sql = "CREATE TABLE IF NOT EXISTS " + local_table_name(options, table.name) +
                    on_cluster(options) + " (" + table.columns +
                    ") ENGINE = " + engine_of(options, table);
  if (table.partition_by != PartitionBy::Nothing) {
    sql += std::string(" PARTITION BY ") + (days ? "toYYYYMMDD(" : "toYYYYMM(") +
           table.partition_column + ")";
  }
  return sql + " ORDER BY " + table.key + " SETTINGS " + table.settings;
}

std::string create_distributed(const Options& options, const Table& table) {
  return "CREATE TABLE IF NOT EXISTS " + table_name(options, table.name) + on_cluster(options) +
         " AS " + local_table_name(options, table.name) + " ENGINE = Distributed(" +
         identifier(options.cluster) + ", " + identifier(options.database) + ", " +
         identifier(local_name(options, table.name)) + ", " + table.shard + ")";
}

// On this server, and with a cluster on every shard that answers: a new one has none yet.
Result<bool> has_table(HttpClient& client, std::string_view table) {
  const Options& options = client.options();
  const std::string last_one =
      "database = " + quoted(options.database) + " AND name = " + quoted(table);
  TRY(const std::string here,
      client.fetch({.sql = "SELECT count() FROM system.tables WHERE " + last_one}));
  if (!here.starts_with('1')) return false;
  if (options.cluster.empty()) return true;
  const auto without = client.fetch(
      {.sql = "SELECT count() FROM (SELECT 1 FROM cluster(" + identifier(options.cluster) +
              ", system.tables) GROUP BY _shard_num HAVING countIf(" + last_one +
              ") = 0) SETTINGS skip_unavailable_shards = 1"});
  // The user may not be allowed to ask that; then what this server has is all that is known.
  return !without.ok() || without->starts_with('0');
}

}  // namespace

std::string table_name(const Options& options, std::string_view table) {
  return identifier(options.database) + "." + identifier(table);
}

std::string local_name(const Options& options, std::string_view table) {
  return std::string(table) + (options.cluster.empty() ? "" : "_local");
}

std::string local_table_name(const Options& options, std::string_view table) {
  return table_name(options, local_name(options, table));
}

std::string on_cluster(const Options& options) {
  return options.cluster.empty() ? "" : " ON CLUSTER " + identifier(options.cluster);
}

std::string identifier(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "`";
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

std::vector<std::string> create_statements(const Options& options, std::span<const Table> tables,
                                           int64_t retention_ms) {
  const bool days =
      retention_ms > 0 && retention_ms <= base::kClickHouseDayPartitionsMax * storage::kDayMs;
  std::vector<std::string> out = {"CREATE DATABASE IF NOT EXISTS " + identifier(options.database) +
                                  on_cluster(options)};
  for (const Table& table : tables) {
    out.push_back(create_local(options, table, days));
    if (!options.cluster.empty()) out.push_back(create_distributed(options, table));
  }
  return out;
}

Request ddl(const Options& options, std::string sql) {
  Request request{.sql = std::move(sql)};
  // Less than the request's own: ClickHouse says which server did not answer.
  if (!options.cluster.empty()) request.settings = {{"distributed_ddl_task_timeout", "100"}};
  return request;
}

Result<void> open_schema(HttpClient& client, std::span<const Table> tables, int64_t retention_ms) {
  TRY(const bool made, has_table(client, tables.back().name));
  if (made) return {};
  for (std::string& sql : create_statements(client.options(), tables, retention_ms)) {
    TRY_VOID(client.fetch(ddl(client.options(), std::move(sql))));
  }
  return {};
}

}  // namespace gnomon::clickhouse
