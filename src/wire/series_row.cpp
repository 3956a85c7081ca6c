#include "src/wire/series_row.h"

#include "src/wire/wire_histogram.h"

namespace gnomon::wire {

void SeriesRow::begin() {
  batch_.begin_row();
  invalid_histograms = 0;
}

void SeriesRow::add_histogram(std::string_view message, ProtoReader& parent) {
  auto wire = read_histogram(message);
  if (!wire.ok()) return parent.fail("proto: bad histogram");
  auto sample = to_sample(std::move(wire).value());
  if (sample.ok()) {
    batch_.add(std::move(sample).value());
  } else {
    ++invalid_histograms;
    histogram_fault = std::move(sample.error().message);
  }
}

void SeriesRow::drop() {
  batch_.drop_row();
  invalid_histograms = 0;
}

}  // namespace gnomon::wire
