#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/blocks/metrics/memory.h"
#include "adapters/postgres/database.h"
#include "adapters/postgres/metrics/log_row.h"
#include "src/storage/store_options.h"

namespace gnomon::postgres {

// A write of samples on its way into the log. Its record holds samples only: what else there is,
// and new series, are stored with it.
struct MetricsRequest : Request {
  blocks::Write write;
  std::vector<blocks::StoredSeries> added;  // series that come with it
};

// What is in memory of the metrics in a schema: a function of the log and the tables, the same in
// every server that has applied the log up to the same record.
class MetricsState : public blocks::Memory {
 public:
  MetricsState(Database& database, const storage::StoreOptions& options);

  Database& database;
  const storage::StoreOptions options;

  const std::string& schema() const { return database.schema(); }
  std::string table(std::string_view name) const { return database.table(name); }

  // As in Signal.
  Result<void> load(Connection& connection, std::span<const int64_t> counters);
  Result<void> replay(uint64_t seq, std::string_view row);
  Result<void> follow(const LogRecord& record);

  // How often series were forgotten: ids found before the number changed may be gone. Any thread.
  uint64_t erasures() const { return erasures_.load(std::memory_order_acquire); }
  // Ids below are given, as of the newest record that was applied. Any thread.
  uint32_t series_end() const { return series_end_.load(std::memory_order_acquire); }
  // The windows that have chunks. Any thread.
  using StoredMap = std::map<std::pair<bool, int64_t>, Stored>;
  StoredMap stored() const;

 private:
  Result<void> load_series(Connection& connection);
  Result<void> load_sides(Connection& connection);
  Result<void> load_windows(Connection& connection);
  Result<void> follow_own(const LogRecord& record);
  void apply(const Control& control);
  void restore(std::vector<blocks::StoredSeries> series);
  void publish_layout();
  void clear_head();
  Result<std::vector<blocks::ChunkPagePtr>> lease_and_read(std::span<const blocks::PageId> ids,
                                                           const std::stop_token& stop);
  Result<std::vector<blocks::ChunkPagePtr>> load_pages(std::span<const blocks::PageId> ids,
                                                       const std::stop_token& stop);

  std::atomic<uint64_t> erasures_ = 0;
  std::atomic<uint32_t> series_end_ = 1;
  // Samples of a window in records up to this one are in chunks; guarded by the log's apply_mutex()
  // and used while records are replayed.
  std::unordered_map<int64_t, uint64_t> sealed_;
  mutable std::mutex mutex_;
  StoredMap stored_;  // guarded by mutex_, changed with the log's apply_mutex() held
};

}  // namespace gnomon::postgres
