#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "src/storage/bytes.h"

namespace gnomon::storage {

// The outline of ascending times, kept in the chunk's header. Regular times need nothing else:
// the step is (last - first) / (count - 1).
struct TimeRange {
  uint32_t count = 0;
  int64_t first_ms = 0;
  int64_t last_ms = 0;
  bool regular = false;

  uint64_t step() const {
    const uint64_t span = static_cast<uint64_t>(last_ms) - static_cast<uint64_t>(first_ms);
    return count > 1 ? span / (count - 1) : 0;
  }
};

// `times` must not be empty and must ascend.
TimeRange outline(std::span<const int64_t> times);

// For irregular times: the commonest step (signed), then how far every time after the first lies
// from the line that starts at the first time, as integers. A late scrape is one patch, a gap moves
// the rest of its block.
void encode_times(std::span<const int64_t> times, std::string& out);

// Appends nothing: fills out[0, range.count). False when the times do not ascend from first_ms to
// last_ms, or bytes are missing. Regular ranges read no bytes.
bool decode_times(ByteReader& reader, const TimeRange& range, int64_t* out);

}  // namespace gnomon::storage
