#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/postgres/address.h"
#include "adapters/postgres/pool.h"
#include "adapters/postgres/signal.h"
#include "adapters/postgres/stoppable_mutex.h"

namespace gnomon::postgres {

// The log of a schema as a server follows it: every record is given to its signal, in the order of
// seq, in every server, so that all have the same in memory. Any thread.
//
// Format. A row of the table `log` is one record of one signal:
//
//   epoch  bigint    the part of the table; parts are dropped whole
//   seq    bigint    1, 2, 3 ... without gaps, over all signals
//   writer bigint    a random number of the open database that wrote it
//   signal smallint  storage::Signal
//   data   bytea     what the signal makes of it; see its own header
//
// A commit of several signals writes a row for each, with neighbouring numbers, in one transaction.
// A number of a signal that is not known here was written by a newer Gnomon: an error, and nothing
// after it is applied.
//
// Order of locks: a connection of the pool, then apply_mutex(), then the signals' own. Who holds a
// connection waits for no other one; what is read while records are applied is read with read().
class Log {
 public:
  // `closing` ends what is waited for while records are applied.
  Log(const Address& address, std::shared_ptr<Pool> pool, std::stop_token closing);
  // Before load().
  void add(Signal& signal, storage::Signal number, std::vector<Counter> counters);

  const int64_t writer;  // tells our rows from others'

  // Reads the tables of all signals and then the log: at start, or anew when the log has gone on
  // without us for too long.
  Result<void> load(Connection& connection);
  // Applies the log up to this record, which is committed; kAll: up to the newest. Canceled when
  // `stop`, or that of the connection's lease, fires: then fewer are applied.
  static constexpr uint64_t kAll = INT64_MAX;
  Result<void> catch_up(Connection& connection, uint64_t seq, const std::stop_token& stop);
  // The newest record that was applied.
  uint64_t applied() const { return applied_.load(std::memory_order_acquire); }
  // Since when queries may miss what others wrote; very long where a record was applied in part.
  std::chrono::steady_clock::duration behind() const;
  // The database has nothing that was not applied.
  void note_fresh();
  // A record could not be applied to its end: catch_up() reads everything anew.
  bool broken() const { return broken_; }

  // Writes that are about to be committed as record `seq`: when that is applied, it is from here,
  // and their outcomes are filled.
  void announce(uint64_t seq, std::vector<Request*> requests);
  // It was not committed, or that is not known.
  void withdraw(uint64_t seq);
  // These records were announced and committed: applies the log up to the last.
  Result<void> apply_committed(uint64_t first, uint64_t last);

  // Held while a record is applied.
  StoppableMutex& apply_mutex() { return apply_mutex_; }
  // Shared while a query takes what it reads of the memory of a signal; held alone while that is
  // read anew.
  StoppableMutex& snapshot_gate() { return snapshot_gate_; }

  // Whether this thread applies records.
  static bool applying() { return applying_on_ != nullptr; }
  // While this thread applies records: reads what the record needs, on the connection of the thread
  // that applies, then on others, for as long as base::kPostgresApplyMs and the database is not
  // closed; a caller's stop does not end it. A record must be applied alike in every server: where
  // `body` did not succeed the log is broken().
  Result<void> read(const std::function<Result<void>(Connection&)>& body);

 private:
  using Clock = std::chrono::steady_clock;
  class ApplyingOn;
  static thread_local Connection* applying_on_;
  struct Part {
    Signal* signal;
    std::vector<Counter> counters;
  };

  Result<void> load_signals(Connection& connection);
  Result<void> replay(Connection& connection, uint64_t newest);
  Result<void> fetch(Connection& connection, uint64_t seq, bool& gap);
  Result<void> follow(const Rows& rows, int row);
  Result<void> try_apply(uint64_t first, uint64_t last);
  Result<bool> apply_announced(uint64_t seq);
  Result<Signal*> signal_of(int64_t number, uint64_t seq) const;
  std::string table(std::string_view name) const;

  const std::string schema_;
  const std::shared_ptr<Pool> pool_;
  const std::stop_token closing_;
  std::map<storage::Signal, Part> signals_;
  std::atomic<uint64_t> applied_ = 0;
  std::atomic<bool> broken_ = false;
  std::atomic<int64_t> fresh_;  // steady clock: when we last knew that nothing was missing
  StoppableMutex apply_mutex_;
  bool unread_ = false;  // guarded by apply_mutex_: read() did not succeed
  StoppableMutex snapshot_gate_;
  std::mutex mutex_;
  std::map<uint64_t, std::vector<Request*>> announced_;  // guarded by mutex_
};

}  // namespace gnomon::postgres
