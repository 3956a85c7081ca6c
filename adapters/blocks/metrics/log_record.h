#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "src/base/result.h"
#include "src/model/write_batch.h"
#include "src/storage/series_index.h"

namespace gnomon::blocks {

// Appends the samples of a batch as one log record; ids[i] is the series of row i. Exemplars and
// metadata are not in the log.
void encode_log_record(const model::WriteBatch& batch, std::span<const storage::SeriesId> ids,
                       std::string& out);

// Gives back every sample in the order of the batch. An Error for bytes that are not what
// encode_log_record() wrote; then none was given.
struct LogSink {
  std::function<void(storage::SeriesId, int64_t time_ms, double value, int64_t start_ms)> sample;
  std::function<void(storage::SeriesId, const model::HistogramSample&)> histogram;
};
Result<void> decode_log_record(std::string_view record, const LogSink& sink);

}  // namespace gnomon::blocks
