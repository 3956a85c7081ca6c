#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/model/write_batch.h"
#include "src/wire/protobuf.h"
#include "src/wire/refusals.h"

namespace gnomon::wire {

// The series that a decoder is at, as a row at the end of its batch: what both versions of remote
// write have in common. The samples are added by the decoder.
class SeriesRow {
 public:
  SeriesRow(model::WriteBatch& batch, Refusals& refusals) : batch_(batch), refusals_(refusals) {}

  // A new series: its samples begin where those of the batch end.
  void begin();
  // Adds the histogram of a message. One that is no histogram is counted.
  void add_histogram(std::string_view message, ProtoReader& parent);
  // Adds the exemplar of a message. labels(reader) is called for each field of labels, then
  // pack(std::string&) -> std::string appends them or says what is wrong with them.
  template <typename Labels, typename Pack>
  void add_exemplar(std::string_view message, ProtoReader& parent, Labels labels, Pack pack);
  // Its samples end where those of the batch do.
  void end();
  // Takes them out again.
  void drop();

  model::WriteBatch::Row row;
  uint64_t invalid_histograms = 0;
  std::string histogram_fault;  // the last one's

  // Samples and histograms, after end().
  uint64_t points() const {
    return row.sample_end - row.sample_begin + row.histogram_end - row.histogram_begin;
  }

 private:
  model::WriteBatch& batch_;
  Refusals& refusals_;
};

template <typename Labels, typename Pack>
void SeriesRow::add_exemplar(std::string_view message, ProtoReader& parent, Labels labels,
                             Pack pack) {
  ProtoReader reader(message);
  model::Exemplar exemplar;
  while (reader.next()) {
    if (reader.field() == 1) labels(reader);
    if (reader.field() == 2) exemplar.value = reader.float64();
    if (reader.field() == 3) exemplar.time_ms = static_cast<int64_t>(reader.varint());
  }
  if (!reader.fault().empty()) return parent.fail(reader.fault());
  std::string packed;
  if (!pack(packed).empty()) {
    ++refusals_.exemplars_refused;
    return;
  }
  exemplar.labels = model::Labels(std::move(packed));
  batch_.exemplars.push_back(std::move(exemplar));
}

}  // namespace gnomon::wire
