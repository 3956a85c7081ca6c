#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/blocks/metrics/memory.h"
#include "adapters/sqlite/file_lock.h"
#include "adapters/sqlite/metrics/chunk_reader.h"
#include "adapters/sqlite/metrics/side_tables.h"
#include "adapters/sqlite/metrics/sqlite_store.h"
#include "adapters/sqlite/metrics/writer.h"
#include "src/base/fair_shared_mutex.h"

namespace gnomon::sqlite {

// The parts of an open store, shared by the files that make it up. Order of locks: maintenance,
// gate, the writer's turn, apply, then the parts' own.
class SqliteStore::State : public blocks::Memory {
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
  base::FairSharedMutex gate;
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
