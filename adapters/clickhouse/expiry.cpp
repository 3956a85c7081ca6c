#include "adapters/clickhouse/expiry.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "adapters/clickhouse/row_binary.h"
#include "adapters/clickhouse/schema.h"
#include "src/base/log.h"
#include "src/model/sample.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

constexpr std::chrono::minutes kPause(5);
// The queue of the cluster's statements keeps it for them.
const std::vector<std::pair<std::string, std::string>> kOtherServersMayDoItLater = {
    {"distributed_ddl_task_timeout", "10"},
    {"distributed_ddl_output_mode", "null_status_on_timeout"}};

struct Partition {
  std::string table;
  std::string id;
  int64_t newest_ms = model::kTimeMin;  // the end of the day where days are all that is known
};

// Read from the metadata of the parts.
std::string select_partitions(const Options& options) {
  std::string sql;
  for (const std::string table : {"samples", "histograms", "exemplars"}) {
    sql += "SELECT '" + table +
           "' AS t, _partition_id AS p, toUnixTimestamp64Milli(max(time)) AS newest FROM " +
           table_name(options, table) + " GROUP BY p UNION ALL ";
  }
  return sql +
         "SELECT 'series', _partition_id AS p, (toInt64(toInt32(max(day))) + 1) * 86400000 "
         "- 1 FROM " +
         table_name(options, "series") + " GROUP BY p FORMAT RowBinary";
}

Result<std::vector<Partition>> partitions(HttpClient& client, const std::stop_token& stop) {
  TRY(const std::string rows, client.fetch({.sql = select_partitions(client.options())}, stop));
  std::vector<Partition> out;
  storage::ByteReader reader(rows);
  while (reader.left() > 0) {
    Partition partition;
    partition.table = take_text(reader);
    partition.id = take_text(reader);
    partition.newest_ms = reader.fixed<int64_t>();
    out.push_back(std::move(partition));
  }
  if (!reader.ok()) return Error{ErrorKind::Internal, "ClickHouse's partitions cannot be read"};
  return out;
}

}  // namespace

Result<void> Expiry::run(const std::stop_token& stop) {
  if (retention_ms_ <= 0) return {};
  TRY(const auto all, partitions(client_, stop));
  int64_t newest = storage::kStoreTimeMin;
  for (const Partition& partition : all) {
    if (partition.table != "series") newest = std::max(newest, partition.newest_ms);
  }
  const Options& options = client_.options();
  for (const Partition& partition : all) {
    if (partition.newest_ms >= newest - retention_ms_) continue;
    Request request{.sql = "ALTER TABLE " + local_table_name(options, partition.table) +
                           on_cluster(options) + " DROP PARTITION ID " + quoted(partition.id)};
    if (!options.cluster.empty()) request.settings = kOtherServersMayDoItLater;
    TRY_VOID(client_.fetch(request, stop));
  }
  return {};
}

void Expiry::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Expiry::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, kPause, [] { return false; }) && !stop.stop_requested()) {
    const auto done = run(stop);
    if (!done.ok()) {
      base::log(base::LogLevel::Warn, "old samples were not deleted",
                {{"error", done.error().message}});
    }
  }
}

}  // namespace gnomon::clickhouse
