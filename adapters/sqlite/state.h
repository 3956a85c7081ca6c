#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sql/memory.h"
#include "adapters/sqlite/chunk_reader.h"
#include "adapters/sqlite/file_lock.h"
#include "adapters/sqlite/side_tables.h"
#include "adapters/sqlite/sqlite_store.h"
#include "adapters/sqlite/writer.h"

namespace gnomon::sqlite {

// A shared mutex at which those who want it alone are not overtaken for ever.
class Gate {
 public:
  void lock_shared() {
    const std::lock_guard pass(door_);
    gate_.lock_shared();
  }
  void unlock_shared() { gate_.unlock_shared(); }
  void lock() {
    const std::lock_guard pass(door_);
    gate_.lock();
  }
  void unlock() { gate_.unlock(); }

 private:
  std::mutex door_;
  std::shared_mutex gate_;
};

// The parts of an open store, shared by the files that make it up. Order of locks: maintenance,
// gate, the writer's turn, apply, then the parts' own.
class SqliteStore::State : public sql::Memory {
 public:
  State(std::string path, const storage::StoreOptions& options, FileLock lock,
        Connection connection);

  const std::string path;
  const storage::StoreOptions options;
  FileLock lock;  // first in, last out
  ChunkReader reader;
  MetadataTable metadata_table;
  ExemplarTable exemplar_table;
  Writer writer;

  // Shared by requests that write; alone whoever must not have any under way.
  Gate gate;
  // One at a time changes chunks: seals, merges, expires, deletes.
  std::mutex maintenance;

  // Inside the transaction: metadata and exemplars of a write.
  Result<void> store_extras(Connection& connection, const Write& write);
  // A committed write.
  void apply(Write& write);
  // The size of the log, record by record. Any thread.
  void note_log(uint64_t seq, uint64_t bytes);
  void forget_log(uint64_t needed_seq);

  // With maintenance held: windows whose chunks were merged into a day but not deleted yet.
  std::vector<int64_t> merged_windows;

 private:
  std::mutex log_mutex_;
  std::deque<std::pair<uint64_t, uint64_t>> log_sizes_;  // seq, bytes
};

// load.cpp: reads series, layout and log of the file and prepares the writer.
Result<void> load(SqliteStore::State& state, Connection& connection);

}  // namespace gnomon::sqlite
