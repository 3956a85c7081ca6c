#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/blocks/metrics/commit_queue.h"
#include "adapters/blocks/metrics/memory.h"
#include "adapters/postgres/address.h"
#include "adapters/postgres/log_row.h"
#include "adapters/postgres/pool.h"
#include "src/storage/store_options.h"

namespace gnomon::postgres {

// A write on its way into the log of a schema.
struct Request : blocks::Write {
  uint64_t erasures = 0;                    // as of when its ids were found
  bool complete = false;                    // every row has its id, and the record is made
  bool plain = true;                        // samples only: no metadata that is new, no exemplars
  std::vector<blocks::StoredSeries> added;  // series that come with it
};

// What is in memory of a schema: a function of the log and the tables, the same in every server
// that has applied the log up to the same record.
//
// Order of locks: a connection of the pool, then apply, then the parts' own. Who holds a connection
// waits for no other one; what is read while records are applied is read on the connection of
// whoever applies.
class State : public blocks::Memory {
 public:
  State(Address address, const storage::StoreOptions& options);

  const Address address;
  const storage::StoreOptions options;
  const std::shared_ptr<Pool> pool;
  const int64_t writer;  // tells our rows of the log from others'

  std::string table(std::string_view name) const;

  // Reads the schema at start, or anew when the log has gone on without us for too long.
  Result<void> load(Connection& connection);
  // Applies the log up to this record, which is committed; kAll: up to the newest. Any thread that
  // has a connection.
  static constexpr uint64_t kAll = INT64_MAX;
  Result<void> catch_up(Connection& connection, uint64_t seq);
  // The newest record that was applied.
  uint64_t applied() const { return applied_.load(std::memory_order_acquire); }
  // How often series were forgotten: ids found before the number changed may be gone.
  uint64_t erasures() const { return erasures_.load(std::memory_order_acquire); }
  // Ids below are given, as of applied().
  uint32_t series_end() const { return series_end_.load(std::memory_order_acquire); }
  // Since when queries may miss what others wrote.
  std::chrono::steady_clock::duration behind() const;
  // The database has nothing that was not applied.
  void note_fresh();

  // A group of writes that is about to be committed as record `seq`: when that record is applied,
  // it is from here, and the outcomes are filled.
  void announce(uint64_t seq, blocks::CommitQueue::Group group);
  // It was not committed, or nobody knows.
  void withdraw(uint64_t seq);
  // It was committed: applies the log up to it.
  Result<void> apply_committed(uint64_t seq);

  // Held while the head changes.
  std::mutex& apply_mutex() { return apply_mutex_; }
  // Shared while a query takes the head and the layout; alone while both are made anew.
  std::shared_mutex& snapshot_gate() { return snapshot_gate_; }
  // The windows that have chunks.
  using StoredMap = std::map<std::pair<bool, int64_t>, Stored>;
  StoredMap stored() const;

 private:
  // What this thread reads from here on while it applies records, it reads on this connection.
  class ApplyingOn {
   public:
    explicit ApplyingOn(Connection& connection) { applying_on_ = &connection; }
    ~ApplyingOn() { applying_on_ = nullptr; }
    ApplyingOn(const ApplyingOn&) = delete;
    ApplyingOn& operator=(const ApplyingOn&) = delete;
  };
  static thread_local Connection* applying_on_;

  Result<void> load_tables(Connection& connection);
  Result<void> load_series(Connection& connection);
  Result<void> replay(Connection& connection);
  Result<void> fetch(Connection& connection, uint64_t seq, bool& gap);
  Result<void> try_apply(uint64_t seq);
  bool apply_announced(uint64_t seq);
  Result<void> apply_row(uint64_t seq, std::string_view row);
  void apply(const Control& control);
  void restore(std::vector<blocks::StoredSeries> series);
  void publish_layout();
  void clear_head();
  Result<std::vector<blocks::ChunkPagePtr>> lease_and_read(std::span<const blocks::PageId> ids,
                                                           const std::stop_token& stop);
  Result<std::vector<blocks::ChunkPagePtr>> load_pages(std::span<const blocks::PageId> ids,
                                                       const std::stop_token& stop);

  std::atomic<uint64_t> applied_ = 0;
  std::atomic<uint64_t> erasures_ = 0;
  std::atomic<uint32_t> series_end_ = 1;
  std::atomic<int64_t> fresh_;  // steady clock: when we last knew that nothing was missing
  std::mutex apply_mutex_;
  uint64_t loading_ = 0;  // the newest record of the state that is being loaded
  std::shared_mutex snapshot_gate_;
  mutable std::mutex mutex_;
  StoredMap stored_;  // guarded by mutex_, changed with apply_mutex_ held
  std::map<uint64_t, std::vector<blocks::Write*>> announced_;  // guarded by mutex_
};

}  // namespace gnomon::postgres
