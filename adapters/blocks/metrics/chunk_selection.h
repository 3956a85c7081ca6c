#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/blocks/metrics/chunk_cache.h"
#include "adapters/blocks/metrics/sealed_windows.h"
#include "src/storage/metrics/head.h"
#include "src/storage/metrics/metric_store.h"
#include "src/storage/series_index.h"

namespace gnomon::blocks {

// What a query reads: the head as it was when the selection was made, and below it the chunks of
// the layout taken after that. Samples that a seal moves meanwhile are seen in both and count once.
class ChunkSelection : public storage::Selection {
 public:
  // What is read of a table for these series and one window when nothing is in memory.
  using Describe = std::vector<Statement> (*)(const std::string& place, const ChunkTable& table,
                                              int64_t window,
                                              std::span<const storage::SeriesId> ids);
  // The cache and `place` (where the tables are) must outlive the selection.
  ChunkSelection(ChunkCache& cache, const storage::Fragment& fragment,
                 const storage::HeadWindows& head, SealedWindowsPtr layout,
                 storage::SeriesListPtr series, Describe describe, const std::string& place);

  std::span<const model::Labels> series() const override { return series_->labels; }
  Result<std::unique_ptr<storage::SeriesCursor>> open(size_t begin, size_t end,
                                                      std::stop_token stop) const override;
  std::string describe() const override;

 private:
  friend class ChunkCursor;
  struct Source {
    const ChunkTable* table;
    int64_t window;
    int64_t start_ms() const { return window * table->window_ms; }
  };
  void add_sources(const ChunkTable& table, const std::vector<int64_t>& windows);

  ChunkCache& cache_;
  const Describe describe_;
  const std::string& place_;
  const int64_t min_time_ms_;
  const int64_t max_time_ms_;
  const SealedWindowsPtr layout_;  // held: its rows stay as long as it is
  const storage::SeriesListPtr series_;
  std::vector<Source> sources_;  // by time
  storage::HeadWindows head_;    // by time
};

}  // namespace gnomon::blocks
