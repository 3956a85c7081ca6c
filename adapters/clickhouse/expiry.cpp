#include "adapters/clickhouse/expiry.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "adapters/clickhouse/row_binary.h"
#include "src/base/limits.h"
#include "src/base/log.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

constexpr std::chrono::milliseconds kPause(base::kClickHouseExpireMs);
// The queue of the cluster's statements keeps it for them.
const std::vector<std::pair<std::string, std::string>> kOtherServersMayDoItLater = {
    {"distributed_ddl_task_timeout", "10"},
    {"distributed_ddl_output_mode", "null_status_on_timeout"}};

struct Partition {
  const Table* table = nullptr;
  std::string id;
  int64_t newest_ms = storage::kStoreTimeMin;  // the end of the day where it is PartitionBy::Day
};

// Read from the metadata of the parts. "": no table has partitions.
std::string select_partitions(const Options& options, std::span<const Table> tables) {
  std::string sql;
  for (const Table& table : tables) {
    if (table.partition_by == PartitionBy::Nothing) continue;
    const std::string newest = "max(" + std::string(table.partition_column) + ")";
    sql += (sql.empty() ? "SELECT '" : " UNION ALL SELECT '") + std::string(table.name) +
           "' AS t, _partition_id AS p, " +
           (table.partition_by == PartitionBy::Time
                ? "toUnixTimestamp64Milli(" + newest + ")"
                : "(toInt64(toInt32(" + newest + ")) + 1) * 86400000 - 1") +
           " AS newest FROM " + table_name(options, table.name) + " GROUP BY p";
  }
  return sql.empty() ? sql : sql + " FORMAT RowBinary";
}

Result<std::vector<Partition>> partitions(HttpClient& client, std::span<const Table> tables,
                                          const std::stop_token& stop) {
  std::vector<Partition> out;
  const std::string sql = select_partitions(client.options(), tables);
  if (sql.empty()) return out;
  TRY(const std::string rows, client.fetch({.sql = sql, .reads_only = true}, stop));
  storage::ByteReader reader(rows);
  while (reader.left() > 0) {
    const std::string_view name = take_text(reader);
    const auto table = std::find_if(tables.begin(), tables.end(),
                                    [&](const Table& one) { return one.name == name; });
    Partition partition;
    partition.id = take_text(reader);
    partition.newest_ms = reader.fixed<int64_t>();
    if (!reader.ok() || table == tables.end()) {
      return Error{ErrorKind::Internal, "ClickHouse's partitions cannot be read"};
    }
    partition.table = &*table;
    out.push_back(std::move(partition));
  }
  return out;
}

}  // namespace

void Expiry::add(std::span<const Table> tables, int64_t retention_ms) {
  if (retention_ms > 0) kept_.push_back({tables, retention_ms});
}

Result<void> Expiry::expire(const Kept& kept, const std::stop_token& stop) {
  TRY(const auto all, partitions(client_, kept.tables, stop));
  int64_t newest = storage::kStoreTimeMin;
  for (const Partition& partition : all) {
    const bool exact = partition.table->partition_by == PartitionBy::Time;
    if (exact) newest = std::max(newest, partition.newest_ms);
  }
  const Options& options = client_.options();
  for (const Partition& partition : all) {
    if (partition.newest_ms >= newest - kept.retention_ms) continue;
    Request request{.sql = "ALTER TABLE " + local_table_name(options, partition.table->name) +
                           on_cluster(options) + " DROP PARTITION ID " + quoted(partition.id)};
    if (!options.cluster.empty()) request.settings = kOtherServersMayDoItLater;
    TRY_VOID(client_.fetch(request, stop));
  }
  return {};
}

Result<void> Expiry::run(const std::stop_token& stop) {
  Result<void> first;
  for (const Kept& kept : kept_) {
    auto done = expire(kept, stop);
    if (!done.ok() && first.ok()) first = std::move(done);
  }
  return first;
}

void Expiry::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Expiry::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, kPause, [] { return false; }) && !stop.stop_requested()) {
    const auto done = run(stop);
    if (!done.ok()) {
      base::log(base::LogLevel::Warn, "old data was not deleted",
                {{"error", done.error().message}});
    }
  }
}

}  // namespace gnomon::clickhouse
