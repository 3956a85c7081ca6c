#pragma once

#include <span>

#include "adapters/clickhouse/schema.h"

namespace gnomon::clickhouse {

// The tables of metrics. Constant; valid for ever.
//
//   series      a series on a day on which it has samples; a row may be there twice
//   samples     a float sample; of several at a time the first written stays
//   histograms  a native histogram, its `data` as storage/metrics/chunk.h encodes one
//   exemplars   of a series and time, told apart by the hash of their labels
//   metadata    of a metric name; the last written stays
//   facts       what is true of all metrics: "starts", "histograms METRIC"
std::span<const Table> metrics_tables();

}  // namespace gnomon::clickhouse
