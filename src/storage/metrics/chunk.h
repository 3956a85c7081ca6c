#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/result.h"
#include "src/model/sample.h"

namespace gnomon::storage {

// A chunk is the samples of one series in one window as bytes: floats, histograms or both.
// Format: README of the codec in chunk.cpp. encode() verifies that decode() gives back every bit.
// Appends to `out`. `block` must not be empty and its times must ascend.
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
