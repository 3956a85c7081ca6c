#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/model/write_batch.h"
#include "src/storage/series_index.h"

namespace gnomon::blocks {

// A write request on its way into the log.
struct Write {
  const model::WriteBatch* batch = nullptr;
  std::vector<storage::SeriesId> ids;  // one per row of the batch
  std::string record;
  uint64_t seq = 0;             // given when it is committed
  model::WriteOutcome outcome;  // filled when it is applied
};

}  // namespace gnomon::blocks
