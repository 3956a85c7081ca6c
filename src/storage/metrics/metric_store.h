#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "src/base/result.h"
#include "src/model/labels.h"
#include "src/model/matcher.h"
#include "src/model/sample.h"
#include "src/model/write_batch.h"
#include "src/storage/metrics/capabilities.h"
#include "src/storage/metrics/fragment.h"
#include "src/storage/statistics.h"

namespace gnomon::storage {

// Yields the samples of a run of series, one series at a time, in the order of the selection.
// One thread at a time.
class SeriesCursor {
 public:
  virtual ~SeriesCursor() = default;
  // Replaces `block` by the samples of the next series, only times within the fragment; the block
  // may be empty. False when the run is over; `block` is then untouched. Reuses block's memory.
  virtual Result<bool> next(model::SampleBlock& block) = 0;
};

// The series a Fragment selects: fixed when select() returned, sorted by labels. A series without
// samples in the time range may or may not be listed. Samples written later may or may not be seen.
class Selection {
 public:
  virtual ~Selection() = default;
  // Valid as long as the selection.
  virtual std::span<const model::Labels> series() const = 0;
  // A cursor over series [begin, end). Any thread, any number of cursors at once; a cursor must not
  // outlive its selection. `stop` makes next() fail with ErrorKind::Canceled soon.
  virtual Result<std::unique_ptr<SeriesCursor>> open(size_t begin, size_t end,
                                                     std::stop_token stop) const = 0;
  // With a Rollup in the fragment: whether cursors yield its points (a float at each time of the
  // grid that has one) or, where the store found it could not after all, the samples.
  virtual bool rolled_up() const { return false; }
  // How the store reads it, one statement per line, for EXPLAIN; "" when there is nothing to show.
  virtual std::string describe() const { return {}; }
};

// A question about series, not samples. No matcher sets: everything. Several sets: their union.
struct CatalogQuery {
  std::vector<model::Matchers> matcher_sets;
  int64_t min_time_ms = model::kTimeMin;  // block-granular: may answer with slightly more
  int64_t max_time_ms = model::kTimeMax;
};

struct ExemplarSeries {
  model::Labels labels;
  std::vector<model::Exemplar> exemplars;  // by time
};

// What can be asked about series. All members: any thread. `stop` ends a call soon, also where the
// database is at work: Canceled.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual Result<std::vector<model::Labels>> series(const CatalogQuery& query,
                                                    std::stop_token stop) = 0;  // sorted
  // label empty: sorted label names; else the sorted values of that label.
  virtual Result<std::vector<std::string>> label_strings(const CatalogQuery& query,
                                                         const std::string& label,
                                                         std::stop_token stop) = 0;
  // Sorted by metric name; `metric` empty: all.
  virtual Result<std::vector<model::MetadataEntry>> metadata(const std::string& metric,
                                                             std::stop_token stop) = 0;
  virtual Result<std::vector<ExemplarSeries>> exemplars(const CatalogQuery& query,
                                                        std::stop_token stop) = 0;
  virtual Result<Statistics> statistics(size_t top, std::stop_token stop) = 0;
};

// What a backend must offer. All members: any thread, also while others write. `stop` ends a call
// soon, also where the database is at work or a connection to it is waited for: Canceled.
class MetricStore {
 public:
  virtual ~MetricStore() = default;
  virtual const Capabilities& capabilities() const = 0;
  // Durable when it returns. Bad samples are refused one by one and named in the outcome; the rest
  // is kept. Canceled: nothing of the batch was stored. Unavailable: it may have been stored, and
  // writing it again does no harm. Another Error: nothing of the batch was stored.
  virtual Result<model::WriteOutcome> append(const model::WriteBatch& batch,
                                             std::stop_token stop) = 0;
  virtual Result<std::unique_ptr<Selection>> select(const Fragment& fragment,
                                                    std::stop_token stop) = 0;
  virtual Catalog& catalog() = 0;
  // Deletes the samples of the matching series with min <= time <= max; returns when it is durable.
  // After an Error, Canceled too, some of them may be deleted: asking again deletes the others.
  virtual Result<void> remove(const CatalogQuery& what, std::stop_token stop) = 0;
};

}  // namespace gnomon::storage
