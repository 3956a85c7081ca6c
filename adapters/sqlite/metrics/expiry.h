#pragma once

#include <cstdint>
#include <vector>

#include "adapters/blocks/metrics/chunk_table.h"
#include "adapters/sqlite/metrics/state.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::sqlite {

// Deletes chunks past the retention, samples by request, and series without samples.
// REQUIRES: state.maintenance held.
class Expiry {
 public:
  explicit Expiry(State& state) : state_(state) {}

  // Deletes the windows and days that lie before `time_ms` entirely, and what series lose with it.
  Result<void> expire_before(int64_t time_ms);
  // Deletes the rows of one window, in pieces.
  Result<void> delete_window(const blocks::ChunkTable& table, int64_t window);
  using Marks = std::vector<bool>;  // by series id
  // Deletes samples by rewriting chunks. REQUIRES: the head is empty, the gate held alone. Marks
  // the series that lost samples, also on an error. Canceled: some chunks are rewritten.
  Result<void> remove(const storage::CatalogQuery& what, const std::stop_token& stop,
                      Marks& touched);
  // Forgets those of the marked series that have no samples left.
  Result<void> forget_empty(Marks marks);
  // Writes the series table anew when it has become scattered, or `always`.
  Result<void> compact_series(bool always);

 private:
  Result<uint64_t> mark_series(const blocks::ChunkTable& table, int64_t window, Marks& marks);
  Result<void> remove_from(const blocks::ChunkTable& table, int64_t window,
                           const std::vector<storage::SeriesId>& ids,
                           const storage::CatalogQuery& what, const std::stop_token& stop,
                           Marks& touched);
  void unmark_head(Marks& marks) const;

  State& state_;
};

}  // namespace gnomon::sqlite
