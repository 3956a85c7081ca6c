#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/model/labels.h"
#include "src/model/refusals.h"
#include "src/model/sample.h"

namespace gnomon::model {

struct Metadata {
  std::string type;  // counter gauge histogram gaugehistogram summary info stateset unknown
  std::string help;
  std::string unit;
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

struct MetadataEntry {
  std::string metric;
  Metadata metadata;
};

struct Exemplar {
  Labels labels;
  double value = 0;
  int64_t time_ms = 0;
};

// What every wire format becomes and every store takes. Flat arrays: a request of thousands of
// series makes a handful of allocations. Each row is one series of the request; the same series may
// have several rows. Samples of a row in any time order.
//
// Rows are built here and nowhere else, one at a time, each behind those before it:
//
//   batch.begin_row(labels);
//   batch.add(Sample{time_ms, value});  // histograms and exemplars likewise, any number
//   batch.end_row();
//
// The ranges of a row are right after end_row(). A row may grow while it is the last one: add() and
// end_row() again. Not thread-safe.
struct WriteBatch {
  struct Row {
    uint32_t labels_offset = 0;  // packed labels in label_bytes: sorted, unique, valid, not empty
    uint32_t labels_size = 0;
    uint32_t sample_begin = 0, sample_end = 0;        // in samples
    uint32_t histogram_begin = 0, histogram_end = 0;  // in histograms
    uint32_t exemplar_begin = 0, exemplar_end = 0;    // in exemplars

    uint32_t samples() const { return sample_end - sample_begin; }
    uint32_t histograms() const { return histogram_end - histogram_begin; }
    uint32_t exemplars() const { return exemplar_end - exemplar_begin; }
  };
  std::string label_bytes;
  std::vector<Row> rows;
  std::vector<Sample> samples;
  std::vector<int64_t> starts;  // start timestamps of the samples: empty, or as long as samples
  std::vector<HistogramSample> histograms;
  std::vector<Exemplar> exemplars;
  std::vector<MetadataEntry> metadata;

  // Begins a row without labels: packed ones are appended to label_bytes before its first
  // end_row(), which decoders do in place, as late as they like.
  void begin_row();
  // The same with these labels.
  void begin_row(LabelsView labels);
  // start_ms: the sample's start timestamp, 0 for none.
  void add(const Sample& sample, int64_t start_ms = 0) {
    if (start_ms != 0 || !starts.empty()) add_start(start_ms);
    samples.push_back(sample);
  }
  void add(HistogramSample histogram) { histograms.push_back(std::move(histogram)); }
  void add(Exemplar exemplar) { exemplars.push_back(std::move(exemplar)); }
  // The last row ends where the arrays do. REQUIRES: begin_row() came before.
  void end_row();
  // Takes the last row out, with its labels and all that was added since it began.
  void drop_row();
  // Gives a row other labels: they are appended to `bytes`, which becomes label_bytes when every
  // row has got its own.
  static void put_labels(LabelsView labels, Row& row, std::string& bytes);

  LabelsView labels(const Row& row) const {
    return LabelsView(std::string_view(label_bytes).substr(row.labels_offset, row.labels_size));
  }
  // 0: none.
  int64_t start_ms(size_t sample) const { return starts.empty() ? 0 : starts[sample]; }
  void clear();

 private:
  void add_start(int64_t start_ms);
};

// What became of a batch. Everything not refused is durable when append() returns.
struct WriteOutcome {
  using Reason = RefusalReason;

  uint64_t samples_stored = 0;  // identical repeats count as stored
  uint64_t histograms_stored = 0;
  uint64_t exemplars_stored = 0;
  Refusals refused;  // samples and histograms
};

}  // namespace gnomon::model
