#pragma once

#include <vector>

#include "adapters/blocks/log_write.h"
#include "src/model/write_batch.h"
#include "src/storage/series_index.h"

namespace gnomon::blocks {

// A write of samples on its way into the log; its record is that of log_record.h.
struct Write : LogWrite {
  Write() : LogWrite(storage::Signal::Metrics) {}

  const model::WriteBatch* batch = nullptr;
  std::vector<storage::SeriesId> ids;  // one per row of the batch
  model::WriteOutcome outcome;         // filled when it is applied
};

}  // namespace gnomon::blocks
