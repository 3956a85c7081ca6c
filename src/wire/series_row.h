#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/model/write_batch.h"
#include "src/wire/protobuf.h"
#include "src/wire/refusals.h"

namespace gnomon::wire {

// The types of metrics, by the numbers that both versions of Remote Write give them.
inline constexpr std::array<std::string_view, 8> kMetricTypes = {
    "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"};

// The series that a decoder is at, the last row of its batch: what both versions of remote write
// have in common. The decoder itself adds samples and labels to the batch.
class SeriesRow {
 public:
  SeriesRow(model::WriteBatch& batch, WriteRefusals& refusals)
      : batch_(batch), refusals_(refusals) {}

  void begin();
  // Adds the histogram of a message. One that is no histogram is counted.
  void add_histogram(std::string_view message, ProtoReader& parent);
  // Adds the exemplar of a message. labels(reader) is called for each field of labels, then
  // pack(std::string&) -> std::string appends them or says what is wrong with them.
  template <typename Labels, typename Pack>
  void add_exemplar(std::string_view message, ProtoReader& parent, Labels labels, Pack pack);
  // Takes the row out again.
  void drop();

  uint64_t invalid_histograms = 0;
  std::string histogram_fault;  // the last one's

  // After WriteBatch::end_row().
  const model::WriteBatch::Row& row() const { return batch_.rows.back(); }
  uint64_t points() const { return uint64_t{row().samples()} + row().histograms(); }
  std::string series_text() const { return model::to_metric_string(batch_.labels(row())); }

 private:
  model::WriteBatch& batch_;
  WriteRefusals& refusals_;
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
  std::string fault = pack(packed);
  if (!fault.empty()) {
    refusals_.exemplars.add(model::RefusalReason::InvalidLabels, 1, std::move(fault));
    return;
  }
  exemplar.labels = model::Labels(std::move(packed));
  batch_.add(std::move(exemplar));
}

}  // namespace gnomon::wire
