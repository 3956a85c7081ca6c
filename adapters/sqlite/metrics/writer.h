#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "adapters/blocks/metrics/commit_queue.h"
#include "adapters/blocks/metrics/write.h"
#include "adapters/sqlite/connection.h"
#include "src/base/result.h"
#include "src/storage/series_index.h"

namespace gnomon::sqlite {

using blocks::Write;

// Owns the one connection that writes.
class Writer {
 public:
  struct Hooks {
    // Stores what a batch has besides samples; inside the transaction.
    std::function<Result<void>(Connection&, const Write&)> store_extras;
    // Called after the commit, in the order of seq, one thread at a time.
    std::function<void(Write&)> apply;
  };
  Writer(Connection connection, const storage::SeriesIndex& index, Hooks hooks);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // At start: everything below is in the file already.
  Result<void> prepare(uint32_t series_end, uint64_t next_seq);

  // Durable and applied when it returns. An error: nothing was stored.
  Result<void> write(Write& write) { return queue_.write(write); }
  // Runs body alone between two commits, in a transaction of its own or without one.
  using Body = std::function<Result<void>(Connection&)>;
  Result<void> transact(const Body& body);
  Result<void> exclusive(const Body& body);

  // Held while writes are applied. Lock it to look at the head as after a certain seq.
  std::mutex& apply_mutex() { return queue_.apply_mutex(); }
  blocks::CommitQueue::Counts counts() const { return queue_.counts(); }
  // Ids below are in the series table. Any thread.
  uint32_t series_end() const { return series_end_.load(std::memory_order_acquire); }

 private:
  Result<void> commit(blocks::CommitQueue::Group group);
  Result<void> store(blocks::CommitQueue::Group group);
  Result<void> store_series(uint32_t end);

  Connection connection_;
  const storage::SeriesIndex& index_;
  const Hooks hooks_;
  Query insert_log_;
  Query insert_series_;
  std::atomic<uint32_t> series_end_ = 0;
  uint64_t next_seq_ = 1;
  blocks::CommitQueue queue_;
};

}  // namespace gnomon::sqlite
