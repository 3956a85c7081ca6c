#include "src/transfer/batch_writer.h"

#include <algorithm>
#include <utility>

#include "src/base/limits.h"

namespace gnomon::transfer {
namespace {

constexpr size_t kHistogramSamples = 20;  // what a histogram counts

}  // namespace

void BatchWriter::add_floats(const model::Labels& labels, const model::SampleBlock& block,
                             size_t begin, size_t end) {
  batch_.begin_row(labels.view());
  for (size_t i = begin; i < end; ++i) {
    batch_.add({block.times[i], block.values[i]}, block.starts.empty() ? 0 : block.starts[i]);
  }
  batch_.end_row();
}

Result<void> BatchWriter::add(const model::Labels& labels, const model::SampleBlock& block) {
  for (size_t begin = 0; begin < block.times.size(); begin += base::kTransferBatchSamples) {
    add_floats(labels, block, begin,
               std::min(begin + base::kTransferBatchSamples, block.times.size()));
    TRY_VOID(flush_if_large());
  }
  constexpr size_t kAtOnce = base::kTransferBatchSamples / kHistogramSamples;
  for (size_t begin = 0; begin < block.histograms.size(); begin += kAtOnce) {
    const size_t end = std::min(begin + kAtOnce, block.histograms.size());
    batch_.begin_row(labels.view());
    for (size_t i = begin; i < end; ++i) batch_.add(block.histograms[i]);
    batch_.end_row();
    TRY_VOID(flush_if_large());
  }
  return {};
}

Result<void> BatchWriter::add(const model::Labels& labels,
                              const std::vector<model::Exemplar>& exemplars) {
  batch_.begin_row(labels.view());
  for (const model::Exemplar& exemplar : exemplars) batch_.add(exemplar);
  batch_.end_row();
  return flush_if_large();
}

Result<void> BatchWriter::add(model::MetadataEntry metadata) {
  batch_.metadata.push_back(std::move(metadata));
  return flush_if_large();
}

Result<void> BatchWriter::flush_if_large() {
  const size_t samples = batch_.samples.size() + batch_.exemplars.size() + batch_.metadata.size() +
                         batch_.histograms.size() * kHistogramSamples;
  if (samples < base::kTransferBatchSamples &&
      batch_.label_bytes.size() < base::kTransferBatchLabelBytes)
    return {};
  return flush();
}

Result<void> BatchWriter::flush() {
  if (batch_.rows.empty() && batch_.metadata.empty()) return {};
  TRY(const model::WriteOutcome outcome, store_.append(batch_, {}));
  batch_.clear();
  refused_.add(outcome.refused);
  return {};
}

}  // namespace gnomon::transfer
