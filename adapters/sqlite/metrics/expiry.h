#pragma once

#include <cstdint>
#include <vector>

#include "adapters/blocks/metrics/chunk_table.h"
#include "adapters/sqlite/metrics/state.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::sqlite {

// Makes things go: chunks past the retention, samples somebody deletes, series without samples.
// Used by one thread at a time, with state.maintenance held.
class Expiry {
 public:
  explicit Expiry(SqliteStore::State& state) : state_(state) {}

  // Deletes the windows and days that lie before `time_ms` entirely, and what series lose with it.
  Result<void> expire_before(int64_t time_ms);
  // Deletes the rows of one window, in pieces.
  Result<void> delete_window(const blocks::ChunkTable& table, int64_t window);
  using Marks = std::vector<bool>;  // by series id
  // Deletes samples by rewriting chunks. The head is empty and nobody writes. Returns the series
  // that lost samples.
  Result<Marks> remove(const storage::CatalogQuery& what);
  // Forgets those of the marked series that have no samples left.
  Result<void> forget_empty(Marks marks);
  // Writes the series table anew when it has become scattered, or `always`.
  Result<void> compact_series(bool always);

 private:
  Result<uint64_t> mark_series(const blocks::ChunkTable& table, int64_t window, Marks& marks);
  Result<void> remove_from(const blocks::ChunkTable& table, int64_t window,
                           const std::vector<storage::SeriesId>& ids,
                           const storage::CatalogQuery& what, Marks& touched);
  void unmark_head(Marks& marks) const;

  SqliteStore::State& state_;
};

}  // namespace gnomon::sqlite
