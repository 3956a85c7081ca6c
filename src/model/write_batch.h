#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/model/labels.h"
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
struct WriteBatch {
  struct Row {
    uint32_t labels_offset = 0;  // packed labels in label_bytes: sorted, unique, valid, not empty
    uint32_t labels_size = 0;
    uint32_t sample_begin = 0, sample_end = 0;        // in samples
    uint32_t histogram_begin = 0, histogram_end = 0;  // in histograms
    uint32_t exemplar_begin = 0, exemplar_end = 0;    // in exemplars
  };
  std::string label_bytes;
  std::vector<Row> rows;
  std::vector<Sample> samples;
  std::vector<int64_t> starts;  // start timestamps of the samples: empty, or as long as samples
  std::vector<HistogramSample> histograms;
  std::vector<Exemplar> exemplars;
  std::vector<MetadataEntry> metadata;

  LabelsView labels(const Row& row) const {
    return LabelsView(std::string_view(label_bytes).substr(row.labels_offset, row.labels_size));
  }
  // 0: none.
  int64_t start_ms(size_t sample) const { return starts.empty() ? 0 : starts[sample]; }
  void clear();
};

// What became of a batch. Everything not refused is durable when append() returns.
struct WriteOutcome {
  enum class Reason : uint8_t { DuplicateValue, TooOld, TooFarInFuture, InvalidHistogram, Count_ };
  struct Refusal {
    Reason reason;
    std::string labels;  // to_metric_string of the series
    int64_t time_ms = 0;
  };
  uint64_t samples_stored = 0;  // identical repeats count as stored
  uint64_t histograms_stored = 0;
  uint64_t exemplars_stored = 0;
  uint64_t refused[static_cast<size_t>(Reason::Count_)] = {};
  std::vector<Refusal> refusals;  // the first few, to name them to the sender
};

}  // namespace gnomon::model
