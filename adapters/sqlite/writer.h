#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "adapters/sql/write.h"
#include "adapters/sqlite/database.h"
#include "src/base/result.h"
#include "src/model/write_batch.h"
#include "src/storage/series_index.h"

namespace gnomon::sqlite {

using sql::Write;

// Owns the one connection that writes. Requests that wait for it are committed together: whoever is
// first in the queue leads, takes along all that queued up behind, and applies them to the head
// while the next one commits already. Commits and applications happen in the order of seq.
class Writer {
 public:
  struct Hooks {
    // Stores what a batch has besides samples; inside the transaction.
    std::function<Result<void>(Connection&, const Write&)> store_extras;
    // Called after the commit, in order, one thread at a time.
    std::function<void(Write&)> apply;
  };
  Writer(Connection connection, const storage::SeriesIndex& index, Hooks hooks);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // At start: everything below is in the file already.
  Result<void> prepare(uint32_t series_end, uint64_t next_seq);

  // Durable and applied when it returns. An error: nothing was stored.
  Result<void> write(Write& write);
  // Runs body alone between two commits, in a transaction of its own or without one.
  using Body = std::function<Result<void>(Connection&)>;
  Result<void> transact(const Body& body);
  Result<void> exclusive(const Body& body);

  // Held while writes are applied. Lock it to look at the head as after a certain seq.
  std::mutex& apply_mutex() { return apply_mutex_; }

  struct Counts {
    uint64_t commits = 0;
    uint64_t log_bytes = 0;  // ever written
  };
  Counts counts() const;
  // Ids below are in the series table. Any thread.
  uint32_t series_end() const { return series_end_.load(std::memory_order_acquire); }

 private:
  struct Turn {
    Write* write = nullptr;      // or
    const Body* body = nullptr;  // alone
    bool done = false;
    Result<void> result;
    std::condition_variable wake;
  };

  Result<void> queue(Turn& turn);
  std::vector<Turn*> take_group();
  void lead(std::vector<Turn*> group);
  Result<void> commit(std::span<Turn* const> group);
  Result<void> store(std::span<Turn* const> group);
  Result<void> store_series(uint32_t end);

  Connection connection_;
  const storage::SeriesIndex& index_;
  const Hooks hooks_;
  Query insert_log_;
  Query insert_series_;
  std::atomic<uint32_t> series_end_ = 0;
  uint64_t next_seq_ = 1;

  mutable std::mutex mutex_;
  std::deque<Turn*> queue_;  // guarded by mutex_
  bool busy_ = false;        // somebody uses the connection
  Counts counts_;
  std::mutex apply_mutex_;
};

}  // namespace gnomon::sqlite
