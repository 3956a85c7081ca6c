#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/clickhouse/changes.h"
#include "adapters/clickhouse/metrics/batch.h"
#include "adapters/clickhouse/metrics/page_cache.h"
#include "adapters/clickhouse/metrics/series_list.h"
#include "src/base/result.h"
#include "src/storage/metrics/fragment.h"

namespace gnomon::clickhouse {

// A guess, where the number of samples is to be known before they are read.
inline constexpr int64_t kScrapeMs = 15'000;

// A selection of at most about so many samples is kept in pages.
inline constexpr double kPagedSamples = 4'000'000;

// The pages that hold a fragment: all series, a unit of time each. What a query reads is a little
// more than it asks for, so that the next one, a step later, finds the same pages.
struct PageSpan {
  int64_t unit_ms = 0;
  int64_t first = 0;  // page numbers
  int64_t last = 0;

  int64_t min_time_ms() const { return first * unit_ms; }
  int64_t max_time_ms() const { return (last + 1) * unit_ms - 1; }
};
// None: too many samples to be kept, or times that no store holds.
std::optional<PageSpan> page_span(const storage::Fragment& fragment, size_t series);

// What is asked of ClickHouse for some pages: every sample, or every point of a Rollup.
storage::Fragment fragment_of(const PageSpan& pages, const storage::Fragment& wanted);

// How the samples of all series of a list are fetched.
struct PageSource {
  SeriesListPtr series;
  bool whole_metric = false;  // the list is all of one metric
  bool histograms = false;    // there may be some
  bool starts = false;        // there may be some
  // Replaces the block by the samples of the series at a place, of different ones at one time the
  // first written.
  std::function<Result<void>(size_t place, int64_t min_time_ms, int64_t max_time_ms,
                             model::SampleBlock& block, std::stop_token stop)>
      read_exactly;
};

// The pages of a span, in order; missing ones are fetched and kept. Empty: there are more samples
// than a batch can hold. Any thread.
Result<std::vector<blocks::ChunkPagePtr>> read_pages(HttpClient& client, PageCache& cache,
                                                     const Changes& changes,
                                                     const PageSource& source,
                                                     const storage::Fragment& wanted,
                                                     const PageSpan& span, std::stop_token stop);

}  // namespace gnomon::clickhouse
