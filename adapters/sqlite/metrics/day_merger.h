#pragma once

#include <cstdint>
#include <vector>

#include "adapters/sqlite/metrics/chunk_rows.h"
#include "adapters/sqlite/metrics/expiry.h"
#include "adapters/sqlite/metrics/state.h"

namespace gnomon::sqlite {

// Merges the windows of a day that is over into one chunk per series. Used by one thread at a time,
// with state.maintenance held.
class DayMerger {
 public:
  DayMerger(State& state, Expiry& expiry) : state_(state), expiry_(expiry) {}

  // Merges at most one day whose end is before `time_ms`; true when there was one.
  Result<bool> merge_one_before(int64_t time_ms);
  // Deletes the windows of merged days once no query reads them any more.
  Result<void> delete_merged();

 private:
  Result<void> merge(int64_t day, const std::vector<int64_t>& windows, bool reopened);
  Result<void> merge_series(int64_t day, const std::vector<int64_t>& windows, bool reopened,
                            uint32_t series);

  State& state_;
  Expiry& expiry_;
  ChunkRows rows_;
  model::SampleBlock block_;
};

}  // namespace gnomon::sqlite
