#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/blocks/metrics/log_record.h"
#include "adapters/blocks/metrics/side_data.h"
#include "adapters/blocks/series_block.h"
#include "src/base/result.h"
#include "src/model/write_batch.h"

namespace gnomon::postgres {

// A window and its chunks, as a row of the table `stored`.
struct Stored {
  bool days = false;
  int64_t window = 0;
  uint64_t chunks = 0;
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  bool operator==(const Stored&) const = default;
};

// What a server did to the store, in the log so that all others follow. Carried out in this order.
struct Control {
  bool freeze_all = false;
  std::vector<int64_t> freeze;  // open windows of the head
  std::vector<Stored> put;      // chunks that are new or changed
  std::vector<Stored> gone;     // days and window count
  struct Sealed {
    int64_t window;
    uint64_t seq;  // of the freeze
    bool operator==(const Sealed&) const = default;
  };
  std::vector<Sealed> sealed;             // frozen windows that are in chunks now
  std::vector<storage::SeriesId> forget;  // ascending
  bool operator==(const Control&) const = default;
};

// What is in one row of the log. Part by part; append to a string to make a row.
void put_series(const std::vector<blocks::StoredSeries>& series, std::string& row);
void put_record(std::string_view record, std::string& row);
// Metadata and exemplars of a batch; ids[i] is the series of row i.
void put_extras(const model::WriteBatch& batch, const std::vector<storage::SeriesId>& ids,
                std::string& row);
void put_control(const Control& control, std::string& row);

struct LogRowSink {
  std::function<void(std::vector<blocks::StoredSeries>)> series;
  std::function<void(std::vector<model::MetadataEntry>)> metadata;
  std::function<void(storage::SeriesId, model::Exemplar)> exemplar;
  std::function<void(const Control&)> control;
  blocks::LogSink samples;
};
// An Error for bytes that nothing above wrote.
Result<void> decode_log_row(std::string_view row, const LogRowSink& sink);

}  // namespace gnomon::postgres
