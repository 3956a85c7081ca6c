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

// The record that a write of samples leaves in the log of a database. Exemplars and metadata are
// not in it. Of n rows with m float samples together:
//
//   version     byte: 1, or 2 with start timestamps
//   n, m        varints
//   series      n signed varints: each id less the one before it
//   single      byte: 1 when every row has one float sample, else 0 and
//     counts    n varints: float samples of each row
//   times       m signed varints: each less the one before it, over all rows
//   values      m times 8 bytes: the double's bits, little-endian
//   [starts]    version 2: m signed varints like the times
//   histograms  { row + 1 (varint), length (varint), chunk (chunk.h) }, then a 0: of each row by
//               time, of several for one time the first
//   checksum    8 bytes: XXH3-64 of all before it
//
// Numbers are those of src/storage/bytes.h.

// Appends the record of a batch to `out`; ids[i] is the series of row i.
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
