#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/sqlite/chunk_cache.h"
#include "adapters/sqlite/layout.h"
#include "src/storage/head.h"
#include "src/storage/metric_store.h"
#include "src/storage/series_index.h"

namespace gnomon::sqlite {

// What a query reads: the head as it was when the selection was made, and below it the chunks of
// the layout taken after that. Samples that a seal moves meanwhile are seen in both and count once.
class SqliteSelection : public storage::Selection {
 public:
  // The cache must outlive the selection.
  SqliteSelection(ChunkCache& cache, const storage::Fragment& fragment,
                  const storage::HeadWindows& head, LayoutPtr layout,
                  storage::SeriesListPtr series);

  std::span<const model::Labels> series() const override { return series_->labels; }
  Result<std::unique_ptr<storage::SeriesCursor>> open(size_t begin, size_t end,
                                                      std::stop_token stop) const override;
  std::string describe() const override;

 private:
  friend class SqliteCursor;
  struct Source {
    const sql::ChunkTable* table;
    int64_t window;
    int64_t start_ms() const { return window * table->window_ms; }
  };
  void add_sources(const sql::ChunkTable& table, const std::vector<int64_t>& windows);

  ChunkCache& cache_;
  const int64_t min_time_ms_;
  const int64_t max_time_ms_;
  const LayoutPtr layout_;  // held: its rows stay as long as it is
  const storage::SeriesListPtr series_;
  std::vector<Source> sources_;  // by time
  storage::HeadWindows head_;    // by time
};

}  // namespace gnomon::sqlite
