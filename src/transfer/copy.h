#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/model/sample.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::transfer {

// How far a copy is, after each window.
struct CopyProgress {
  int64_t done_until_ms = 0;  // of the range from first to last sample
  int64_t first_ms = 0, last_ms = 0;
  uint64_t samples = 0;          // looked at
  uint64_t samples_written = 0;  // of them
};

struct CopyOptions {
  int64_t min_time_ms = model::kTimeMin;  // of samples and exemplars
  int64_t max_time_ms = model::kTimeMax;
  std::function<void(const CopyProgress&)> progress = [](const CopyProgress&) {};
};

struct CopyReport {
  uint64_t series = 0;
  uint64_t samples = 0;          // of the source; histograms count as one
  uint64_t samples_written = 0;  // the others were there already
  uint64_t windows_copied = 0, windows_skipped = 0;
  uint64_t exemplars = 0, metadata = 0;
  uint64_t mismatches = 0;
  std::vector<std::string> problems;  // the first mismatches, named
};

// Copies what `from` has into `to`, two hours after two hours, and compares both sides afterwards:
// each series in each window by count and checksum, metadata and exemplars entry by entry. What is
// there already is not written again, so that a copy that was interrupted goes on where it ended.
// Memory: the labels of one window and one series' samples. `to` may have other series, but where
// its samples differ from the source's that is a mismatch, and stays. Errors: those of the stores.
Result<CopyReport> copy(storage::MetricStore& from, storage::MetricStore& to,
                        const CopyOptions& options, std::stop_token stop);

}  // namespace gnomon::transfer
