#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "adapters/blocks/metrics/chunk_cache.h"
#include "adapters/blocks/metrics/sealed_windows.h"
#include "adapters/blocks/metrics/side_data.h"
#include "adapters/blocks/metrics/write.h"
#include "src/storage/metrics/head.h"
#include "src/storage/series_index.h"

namespace gnomon::blocks {

// What an open store has in memory when a database keeps its samples as chunks and a log: the same
// for every such database.
class Memory {
 public:
  // `load` reads pages of chunks that are not in memory.
  Memory(ChunkCache::Loader load, ChunkCache::Options cache_options);

  storage::SeriesIndex index;
  ChunkCache cache;
  SealedWindowsHolder sealed_windows;
  storage::Head head;
  MetadataMap metadata;
  ExemplarRing exemplars;

  // Ascending: of the series that one of the sets matches; of all where there are none.
  std::vector<storage::SeriesId> ids(const std::vector<model::Matchers>& sets) const;
  // What was sealed of a series in a window, chunks that cannot be read aside.
  void read_sealed(storage::SeriesId id, int64_t window, model::SampleBlock& block);
  // Adds a committed write to all of this and fills its outcome. One thread at a time, by seq. The
  // samples come in the order in which decode_log_record() gives them back.
  void apply(Write& write);
  void note_sealed_times(int64_t min_time_ms, int64_t max_time_ms);

  std::atomic<uint64_t> chunk_rows = 0;  // chunks that are sealed
  std::atomic<int64_t> sealed_min_time_ms = model::kTimeMax;
  std::atomic<int64_t> sealed_max_time_ms = model::kTimeMin;
};

// The time that ages are counted from: the newest sample's, so that old data can be loaded and
// kept; but never the future, or one wrong clock would expire everything. kStoreTimeMin: no sample.
int64_t newest_time_ms(const storage::Head& head);

}  // namespace gnomon::blocks
