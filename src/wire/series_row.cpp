#include "src/wire/series_row.h"

#include "src/wire/wire_histogram.h"

namespace gnomon::wire {

void SeriesRow::begin() {
  row.labels_offset = static_cast<uint32_t>(batch_.label_bytes.size());
  row.sample_begin = static_cast<uint32_t>(batch_.samples.size());
  row.histogram_begin = static_cast<uint32_t>(batch_.histograms.size());
  row.exemplar_begin = static_cast<uint32_t>(batch_.exemplars.size());
  invalid_histograms = 0;
}

void SeriesRow::add_histogram(std::string_view message, ProtoReader& parent) {
  auto wire = read_histogram(message);
  if (!wire.ok()) return parent.fail("proto: bad histogram");
  auto sample = to_sample(std::move(wire).value());
  if (sample.ok()) {
    batch_.histograms.push_back(std::move(sample).value());
  } else {
    ++invalid_histograms;
    histogram_fault = std::move(sample.error().message);
  }
}

void SeriesRow::end() {
  row.sample_end = static_cast<uint32_t>(batch_.samples.size());
  row.histogram_end = static_cast<uint32_t>(batch_.histograms.size());
  row.exemplar_end = static_cast<uint32_t>(batch_.exemplars.size());
}

void SeriesRow::drop() {
  batch_.samples.resize(row.sample_begin);
  if (!batch_.starts.empty()) batch_.starts.resize(row.sample_begin);
  batch_.histograms.resize(row.histogram_begin);
  batch_.exemplars.resize(row.exemplar_begin);
  batch_.label_bytes.resize(row.labels_offset);
  invalid_histograms = 0;
}

}  // namespace gnomon::wire
