#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "src/base/result.h"
#include "src/model/sample.h"
#include "src/storage/metrics/chunk.h"

namespace gnomon::storage {

// The samples of one series and window as a store keeps them, which is what a row of a chunk table
// and a member of a page hold:
//
//   { length (varint), chunk (chunk.h) } in time order
//
// More than one only where a series has more samples than a chunk should hold (kSamplesPerChunk).

// Appends to `out`. `block` must not be empty.
void encode_chunks(const model::SampleBlock& block, std::string& out);

// Calls take(part) with what should be one chunk each, oldest first; a part is valid during the
// call.
void split_into_chunks(const model::SampleBlock& block,
                       const std::function<void(const model::SampleBlock& part)>& take);

// Merges the samples with min_time_ms <= time <= max_time_ms into `block`; at one time the samples
// that are there already win. Damage is an error also where the range would not show it.
Result<void> decode_chunks(std::string_view chunks, int64_t min_time_ms, int64_t max_time_ms,
                           model::SampleBlock& block);

// Of all chunks together.
Result<ChunkInfo> chunks_info(std::string_view chunks);

}  // namespace gnomon::storage
