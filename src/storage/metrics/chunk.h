#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/result.h"
#include "src/model/sample.h"

namespace gnomon::storage {

// A chunk is the samples of one series in one window as bytes: floats, histograms or both.
//
// Format, version 5:
//
//   head          byte: version (3 high bits) and flags (5 low bits)
//   checksum      4 bytes: low half of XXH3-64 of all that follows, seeded with the head
//   [floats]      count (varint), first time (signed), last - first (varint)
//   [histograms]  the same
//   [floats]      [irregular: times], values, [starts: start times]
//   [histograms]  [irregular: times], histograms
//
//   flags   1 there are floats      2 their times are regular    4 they have start timestamps
//           8 there are histograms  16 their times are regular
//
// Regular times follow from count, first and last. Numbers are those of bytes.h: varints, signed
// varints (zigzag), little-endian. Times: time_codec.h; values: value_codec.h; histograms:
// histogram_codec.h. Start times are integers (integer_codec.h): each less the sample's time before
// it, the first less its own time.

// Appends a chunk to `out`, having verified that decode_chunk() gives back every bit. `block` must
// not be empty and its times must ascend.
void encode_chunk(const model::SampleBlock& block, std::string& out);

struct ChunkInfo {
  uint32_t samples = 0;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
};
// Reads the header only.
Result<ChunkInfo> chunk_info(std::string_view chunk);

// Appends the chunk's samples with min_time_ms <= time <= max_time_ms to `block` (whose own times
// must all be smaller). Damaged bytes: ErrorKind::Internal, block as before. Any input is safe: no
// read outside `chunk`, and memory bounded by a fixed multiple of its size (constant runs: by the
// samples-per-chunk limit).
Result<void> decode_chunk(std::string_view chunk, int64_t min_time_ms, int64_t max_time_ms,
                          model::SampleBlock& block);

}  // namespace gnomon::storage
