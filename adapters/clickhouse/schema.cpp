#include "adapters/clickhouse/schema.h"

#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

// Longer retentions would make too many partitions of a day.
constexpr int64_t kDayPartitionsMax = 62;

struct Table {
  const char* name;
  const char* columns;
  const char* version;    // the column that says which of two equal keys stays: the greatest
  const char* partition;  // what is divided into days or months; "" for one partition
  const char* key;
  const char* shard;
  const char* settings;
};

// A later row has a smaller version, so that the first sample at a time stays; seconds, because
// that column would else be the largest (what several servers write within one second is not told
// apart). `start` is 1970 for none, and then takes no room. Codecs by measurement, per sample:
// values 1.40 bytes with Delta (integers that grow differ little, also as floats), 2.05 with
// Gorilla, 1.83 with ALP; times 0.07, ids 0.04, versions 0.06. What a merge has replaced can go
// soon, because what it wrote is on the disk by then.
constexpr Table kTables[] = {
    {"series",
     "id UInt128, metric LowCardinality(String), labels Map(LowCardinality(String), String), "
     "day Date32",
     "", "day", "(metric, id, day)", "toUInt64(id)", "index_granularity = 1024"},
    {"samples",
     "id UInt128 CODEC(ZSTD(1)), time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)), "
     "value Float64 CODEC(Delta, ZSTD(1)), "
     "start DateTime64(3, 'UTC') DEFAULT 0 CODEC(Delta, ZSTD(1)), "
     "version UInt32 DEFAULT bitNot(toUInt32(now())) CODEC(Delta, ZSTD(1))",
     "version", "time", "(id, time)", "toUInt64(id)",
     "index_granularity = 2048, non_replicated_deduplication_window = 1000, "
     "min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 10"},
    {"histograms",
     "id UInt128 CODEC(ZSTD(1)), time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)), "
     "data String CODEC(ZSTD(1)), "
     "version UInt32 DEFAULT bitNot(toUInt32(now())) CODEC(Delta, ZSTD(1))",
     "version", "time", "(id, time)", "toUInt64(id)",
     "index_granularity = 256, non_replicated_deduplication_window = 1000, "
     "min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 10"},
    {"exemplars",
     "id UInt128, time DateTime64(3, 'UTC'), value Float64, "
     "labels Map(LowCardinality(String), String), hash UInt64",
     "", "time", "(id, time, hash)", "toUInt64(id)", "index_granularity = 1024"},
    {"metadata",
     "metric String, type LowCardinality(String), help String, unit LowCardinality(String), "
     "version UInt64 DEFAULT toUInt64(toUnixTimestamp64Micro(now64(6)))",
     "version", "", "metric", "cityHash64(metric)", "index_granularity = 1024"},
    // What is true of the whole store: "starts", "histograms". The last one made: with it, all are
    // there.
    {"facts", "name String", "", "", "name", "0", "index_granularity = 1024"},
};

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
  if (table.partition[0] != 0) {
    sql += std::string(" PARTITION BY ") + (days ? "toYYYYMMDD(" : "toYYYYMM(") + table.partition +
           ")";
  }
  return sql + " ORDER BY " + table.key + " SETTINGS " + table.settings;
}

std::string create_distributed(const Options& options, const Table& table) {
  return "CREATE TABLE IF NOT EXISTS " + table_name(options, table.name) + on_cluster(options) +
         " AS " + local_table_name(options, table.name) + " ENGINE = Distributed(" +
         identifier(options.cluster) + ", " + identifier(options.database) + ", " +
         identifier(std::string(table.name) + "_local") + ", " + table.shard + ")";
}

// On this server, and with a cluster on every shard that answers: a new one has none yet.
Result<bool> has_tables(HttpClient& client) {
  const Options& options = client.options();
  const std::string last_one = "database = " + quoted(options.database) + " AND name = 'facts'";
  TRY(const std::string here,
      client.fetch({.sql = "SELECT count() FROM system.tables WHERE " + last_one}));
  if (!here.starts_with('1')) return false;
  if (options.cluster.empty()) return true;
  const auto without = client.fetch(
      {.sql = "SELECT count() FROM (SELECT 1 FROM cluster(" + identifier(options.cluster) +
              ", system.tables) GROUP BY _shard_num HAVING countIf(" + last_one +
              ") = 0) SETTINGS skip_unavailable_shards = 1"});
  // Not everybody may ask that; then what this server has is all that is known.
  return !without.ok() || without->starts_with('0');
}

}  // namespace

std::string table_name(const Options& options, std::string_view table) {
  return identifier(options.database) + "." + identifier(table);
}

std::string local_table_name(const Options& options, std::string_view table) {
  if (options.cluster.empty()) return table_name(options, table);
  return table_name(options, std::string(table) + "_local");
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

std::vector<std::string> create_statements(const Options& options, int64_t retention_ms) {
  const bool days = retention_ms > 0 && retention_ms <= kDayPartitionsMax * storage::kDayMs;
  std::vector<std::string> out = {"CREATE DATABASE IF NOT EXISTS " + identifier(options.database) +
                                  on_cluster(options)};
  for (const Table& table : kTables) {
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

Result<void> open_schema(HttpClient& client, int64_t retention_ms) {
  TRY(const bool made, has_tables(client));
  if (made) return {};
  for (std::string& sql : create_statements(client.options(), retention_ms)) {
    TRY_VOID(client.fetch(ddl(client.options(), std::move(sql))));
  }
  return {};
}

}  // namespace gnomon::clickhouse
