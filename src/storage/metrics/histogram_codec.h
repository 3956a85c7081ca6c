#pragma once

#include <span>
#include <string>

#include "src/model/sample.h"
#include "src/storage/bytes.h"
#include "src/storage/metrics/value_codec.h"

namespace gnomon::storage {

// Native histograms, column by column: neighbours with the same schema form a group, and each
// count of a group (all, zero, every bucket that any of them has) is a run of values.
//
//   start times: byte (0: none), [integers]
//   byte    1: columns, 0: one by one
//   columns: until all are read, groups (histogram_codec.cpp); one by one: every field as it is
//
// One by one is what does not fit a table: spans that contradict the buckets, or more than
// base::kChunkBucketsMax buckets in all.

// `samples` must not be empty. Times are not written.
void encode_histograms(std::span<const model::HistogramSample> samples, ValueForms forms,
                       std::string& out);

// Fills in all but the times of samples[begin, end); the others get no histogram. False (samples
// then in any state) for damaged bytes. The reader then stands anywhere unless end == size.
bool decode_histograms(ByteReader& reader, std::span<model::HistogramSample> samples, size_t begin,
                       size_t end);

}  // namespace gnomon::storage
