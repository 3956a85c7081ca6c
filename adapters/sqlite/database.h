#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "adapters/blocks/log_sizes.h"
#include "adapters/blocks/log_write.h"
#include "adapters/blocks/upkeep_thread.h"
#include "adapters/sqlite/connection.h"
#include "adapters/sqlite/file_lock.h"
#include "adapters/sqlite/signal.h"
#include "src/base/group_commit.h"
#include "src/base/result.h"
#include "src/storage/signal.h"
#include "src/storage/store_options.h"

namespace gnomon::sqlite {

// A SQLite file that this process alone owns: the lock on it, the one connection that writes, the
// log of writes, and the thread that keeps it compact. It serves any number of signals and knows
// none of them. open(), add() of each signal, start(); at the end close(). After start() all
// members may be called by any thread, but not from within a Body or a call to a Signal in a
// transaction.
//
// The log: rows (seq, signal, data). seq counts from 1 over all signals, never goes back and has
// gaps where records were freed; signal is a storage::Signal; data is the signal's own, whole and
// unchanged. A write is in the log when it is acknowledged. A signal's records are freed, in the
// same transaction in which it seals what they hold, from the oldest on.
class Database {
 public:
  // Creates the file when there is none, and migrates an older schema in place. Errors (and nothing
  // is changed): a foreign or damaged file, a newer schema, a file another process has open, a
  // place that cannot be written, no space for the migration.
  static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                const storage::StoreOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Each number once.
  void add(storage::Signal number, Signal& signal);
  // Loads the signals and replays the log; then upkeep runs, with options().background. Internal
  // for a record of a signal that was not added: a newer Gnomon wrote it.
  Result<void> start();
  // Has everything sealed, the log emptied and unused pages given back. No calls may be under way.
  // After an error nothing is lost: the next start replays the log.
  Result<void> close();

  const std::string& path() const { return path_; }
  const storage::StoreOptions& options() const { return options_; }

  // Durable and applied when it returns. Error: nothing was stored; Canceled when write.stop fired
  // while it still waited for its turn.
  Result<void> write(blocks::LogWrite& write);
  using Body = std::function<Result<void>(Connection&)>;
  // Runs body between two commits: in a transaction of its own, or without one. Canceled when the
  // stop fired before its turn came.
  Result<void> transact(const Body& body, std::stop_token stop = {});
  Result<void> exclusive(const Body& body, std::stop_token stop = {});
  // Within transact(): the signal needs no record below `needed` any more.
  Result<void> release_log(Connection& connection, storage::Signal number, uint64_t needed);
  // Bytes of the signal's records in the log.
  uint64_t log_bytes(storage::Signal number) const { return sizes_.bytes(number); }
  // Held while writes are applied: lock it to see the memory of a signal as after some seq.
  std::mutex& apply_mutex() { return commits_.apply_mutex(); }

  struct Counts {
    uint64_t commits = 0;
    uint64_t log_bytes = 0;  // of records, ever written
  };
  Counts counts() const;

  // What the upkeep thread does from time to time: every signal's maintenance, then copying
  // SQLite's write-ahead log into the file.
  Result<void> maintain(bool everything);
  // The file takes at most so many pages of 16 KiB from now on, as on a small disk.
  Result<void> limit_pages(int64_t pages);

 private:
  Database(std::string path, const storage::StoreOptions& options, FileLock lock,
           Connection connection);
  Result<void> replay(Connection& connection);
  Result<void> commit(base::GroupCommit::Group group);
  Result<void> store(Transaction& transaction, base::GroupCommit::Group group);
  Result<void> maintain_signals(Maintenance how);
  Result<void> checkpoint();
  Result<void> vacuum();

  const std::string path_;
  const storage::StoreOptions options_;
  FileLock lock_;  // first in, last out
  Connection connection_;
  Query insert_log_;
  std::map<storage::Signal, Signal*> signals_;
  uint64_t next_seq_ = 1;  // one transaction at a time uses it
  blocks::LogSizes sizes_;
  base::GroupCommit commits_;
  uint64_t log_bytes_copied_ = 0;  // guarded by maintaining_
  std::mutex maintaining_;
  // Last: ends first.
  blocks::UpkeepThread upkeep_;
};

}  // namespace gnomon::sqlite
