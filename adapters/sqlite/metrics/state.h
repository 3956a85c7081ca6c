#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/blocks/metrics/memory.h"
#include "adapters/blocks/metrics/write.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/metrics/chunk_reader.h"
#include "adapters/sqlite/metrics/side_tables.h"
#include "src/base/fair_shared_mutex.h"

namespace gnomon::sqlite {

using blocks::Write;

// What the parts of a metric store share: the database, what is in memory of it, and the locks.
// Order of locks: maintenance, gate, the database's turn to commit, its apply mutex, then the
// parts' own.
class State : public blocks::Memory {
 public:
  explicit State(Database& database);

  Database& database;
  ChunkReader reader;
  MetadataTable metadata_table;
  ExemplarTable exemplar_table;

  // Held shared by requests that write; alone by what must have none under way.
  base::FairSharedMutex gate;
  // Held (alone) by what changes chunks: one at a time seals, merges, expires, deletes.
  base::FairSharedMutex maintenance;

  // Ids below are in the series table. Any thread.
  uint32_t series_end() const { return series_end_.load(std::memory_order_acquire); }

  // load.cpp: what Signal has them do.
  Result<void> load(Connection& connection);
  Result<void> replay(uint64_t seq, std::string_view record);
  Result<void> store(Transaction& transaction, std::span<blocks::LogWrite* const> writes);
  void apply(Write& write);

  // REQUIRES: maintenance held. Windows whose chunks were merged into a day but not deleted yet.
  std::vector<int64_t> merged_windows;

 private:
  // How far a window had been sealed: the series below `series_end` of its records up to `seq`.
  struct Progress {
    uint64_t seq = 0;
    uint32_t series_end = 0;
  };
  Result<void> load_series(Connection& connection);
  Result<void> load_progress(Connection& connection);
  Result<void> load_windows(Connection& connection);
  Result<void> store_series(Transaction& transaction, uint32_t end);
  bool sealed_already(uint64_t seq, storage::SeriesId id, int64_t time_ms) const;

  std::unordered_map<int64_t, Progress> progress_;  // by window, as of the start
  std::atomic<uint32_t> series_end_ = 1;
  Query insert_series_;
};

}  // namespace gnomon::sqlite
