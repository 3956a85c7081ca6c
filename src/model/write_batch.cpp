#include "src/model/write_batch.h"

namespace gnomon::model {

void WriteBatch::begin_row() {
  Row& row = rows.emplace_back();
  row.labels_offset = static_cast<uint32_t>(label_bytes.size());
  row.sample_begin = row.sample_end = static_cast<uint32_t>(samples.size());
  row.histogram_begin = row.histogram_end = static_cast<uint32_t>(histograms.size());
  row.exemplar_begin = row.exemplar_end = static_cast<uint32_t>(exemplars.size());
}

void WriteBatch::begin_row(LabelsView labels) {
  begin_row();
  put_labels(labels, rows.back(), label_bytes);
}

void WriteBatch::end_row() {
  Row& row = rows.back();
  row.labels_size = static_cast<uint32_t>(label_bytes.size()) - row.labels_offset;
  row.sample_end = static_cast<uint32_t>(samples.size());
  row.histogram_end = static_cast<uint32_t>(histograms.size());
  row.exemplar_end = static_cast<uint32_t>(exemplars.size());
}

void WriteBatch::drop_row() {
  const Row row = rows.back();
  rows.pop_back();
  label_bytes.resize(row.labels_offset);
  samples.resize(row.sample_begin);
  if (!starts.empty()) starts.resize(row.sample_begin);
  histograms.resize(row.histogram_begin);
  exemplars.resize(row.exemplar_begin);
}

void WriteBatch::put_labels(LabelsView labels, Row& row, std::string& bytes) {
  row.labels_offset = static_cast<uint32_t>(bytes.size());
  row.labels_size = static_cast<uint32_t>(labels.packed().size());
  bytes += labels.packed();
}

// Samples that came before the first start timestamp have none.
void WriteBatch::add_start(int64_t start_ms) {
  starts.resize(samples.size());
  starts.push_back(start_ms);
}

void WriteBatch::clear() {
  label_bytes.clear();
  rows.clear();
  samples.clear();
  starts.clear();
  histograms.clear();
  exemplars.clear();
  metadata.clear();
}

}  // namespace gnomon::model
