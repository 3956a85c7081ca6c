#pragma once

#include <cstdint>
#include <functional>
#include <span>
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

// Format of a row of metrics in the log: a list of parts, each
//
//   byte    kind
//   varint  size of the bytes
//   bytes   by kind:
//     1 series   new series, as in the table `series`: blocks/series_block.h
//     2 record   samples of a write: blocks/metrics/log_record.h
//     3 extras   metadata and exemplars of a write; texts are a varint of their size and bytes
//                  varint n, n times: metric, type, help, unit (texts)
//                  varint n, n times: varint series, zigzag varint time in ms, double (8 bytes,
//                    little endian), labels (text, as model::Labels packs them)
//     4 control  what a server did, as in Control
//                  byte     freeze_all
//                  varint n, n times: zigzag varint window            freeze
//                  varint n, n times: a window                        put
//                  varint n, n times: a window                        gone
//                  varint n, n times: zigzag varint window, varint seq  sealed
//                  varint n, n times: varint id minus the one before  forget
//                  a window: byte days, zigzag varint window, varint chunks, zigzag varints of the
//                    first and the last time in ms
//
// Extras have the form of a row of the table `exemplar`, too. A kind that is not listed was written
// by a newer Gnomon or is damage: an error.

// What is in one row of the log. Part by part; append to a string to make a row.
void put_series(const std::vector<blocks::StoredSeries>& series, std::string& row);
// The samples of a batch; ids[i] is the series of row i.
void put_record(const model::WriteBatch& batch, std::span<const storage::SeriesId> ids,
                std::string& row);
// Its metadata and exemplars.
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
