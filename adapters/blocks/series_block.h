#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/model/labels.h"
#include "src/storage/series_index.h"

namespace gnomon::blocks {

// A row of a series table: a block of label sets, compressed together because neighbours are alike
// (a dozen bytes a series instead of hundreds). One zstd frame, with zstd's checksum, of:
//
//   version  byte: 1
//   n        varint
//   n times  id less the one before it (varint), length (varint), packed labels (model/labels.h)
struct StoredSeries {
  storage::SeriesId id{};
  model::Labels labels;
};

// Ids ascend.
std::string encode_series_block(const std::vector<StoredSeries>& series);
// Appends to `out`. Damaged bytes: ErrorKind::Internal.
Result<void> decode_series_block(std::string_view block, std::vector<StoredSeries>& out);

}  // namespace gnomon::blocks
