#pragma once

#include <cstdlib>
#include <string_view>

#include "src/base/text.h"
#include "src/model/write_batch.h"

namespace gnomon::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

// What every decoder promises of a batch.
inline void check(const model::WriteBatch& batch) {
  require(batch.starts.empty() || batch.starts.size() == batch.samples.size());
  for (const auto& row : batch.rows) {
    require(row.labels_size > 0);
    require(size_t{row.labels_offset} + row.labels_size <= batch.label_bytes.size());
    require(row.sample_begin <= row.sample_end && row.sample_end <= batch.samples.size());
    require(row.histogram_begin <= row.histogram_end);
    require(row.histogram_end <= batch.histograms.size());
    require(row.exemplar_begin <= row.exemplar_end && row.exemplar_end <= batch.exemplars.size());
    std::string_view before;
    bool named = false;
    const model::LabelsView labels = batch.labels(row);
    for (const model::Label label : labels) {
      require(label.name > before && !label.value.empty());
      require(base::valid_utf8(label.name) && base::valid_utf8(label.value));
      named = named || label.name == model::kMetricName;
      before = label.name;
    }
    require(named);
  }
  for (const auto& sample : batch.histograms) {
    require(sample.histogram != nullptr);
    require(!to_string(*sample.histogram).empty());
    model::all_buckets(*sample.histogram);
  }
}

}  // namespace gnomon::fuzz
