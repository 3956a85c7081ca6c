#include "src/transfer/batch_writer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "src/base/limits.h"

namespace gnomon::transfer {
namespace {

// Large enough that a transaction is cheap, small enough to wait for.
constexpr size_t kBatchSamples = 200'000;
constexpr size_t kBatchBytes = 8u << 20;  // of labels
constexpr size_t kHistogramSamples = 20;  // what a histogram counts

}  // namespace

model::WriteBatch::Row& BatchWriter::add_row(const model::Labels& labels) {
  model::WriteBatch::Row row;
  row.labels_offset = static_cast<uint32_t>(batch_.label_bytes.size());
  row.labels_size = static_cast<uint32_t>(labels.packed().size());
  batch_.label_bytes += labels.packed();
  row.sample_begin = row.sample_end = static_cast<uint32_t>(batch_.samples.size());
  row.histogram_begin = row.histogram_end = static_cast<uint32_t>(batch_.histograms.size());
  row.exemplar_begin = row.exemplar_end = static_cast<uint32_t>(batch_.exemplars.size());
  batch_.rows.push_back(row);
  return batch_.rows.back();
}

void BatchWriter::add_floats(const model::Labels& labels, const model::SampleBlock& block,
                             size_t begin, size_t end) {
  model::WriteBatch::Row& row = add_row(labels);
  for (size_t i = begin; i < end; ++i) batch_.samples.push_back({block.times[i], block.values[i]});
  if (!block.starts.empty()) {
    batch_.starts.resize(row.sample_begin);
    batch_.starts.insert(batch_.starts.end(), block.starts.begin() + static_cast<ptrdiff_t>(begin),
                         block.starts.begin() + static_cast<ptrdiff_t>(end));
  } else if (!batch_.starts.empty()) {
    batch_.starts.resize(batch_.samples.size());
  }
  row.sample_end = static_cast<uint32_t>(batch_.samples.size());
}

Result<void> BatchWriter::add(const model::Labels& labels, const model::SampleBlock& block) {
  for (size_t begin = 0; begin < block.times.size(); begin += kBatchSamples) {
    add_floats(labels, block, begin, std::min(begin + kBatchSamples, block.times.size()));
    TRY_VOID(flush_if_large());
  }
  constexpr size_t kAtOnce = kBatchSamples / kHistogramSamples;
  for (size_t begin = 0; begin < block.histograms.size(); begin += kAtOnce) {
    model::WriteBatch::Row& row = add_row(labels);
    const auto from = block.histograms.begin() + static_cast<ptrdiff_t>(begin);
    const size_t count = std::min(kAtOnce, block.histograms.size() - begin);
    batch_.histograms.insert(batch_.histograms.end(), from, from + static_cast<ptrdiff_t>(count));
    row.histogram_end = static_cast<uint32_t>(batch_.histograms.size());
    TRY_VOID(flush_if_large());
  }
  return {};
}

Result<void> BatchWriter::add(const model::Labels& labels,
                              const std::vector<model::Exemplar>& exemplars) {
  model::WriteBatch::Row& row = add_row(labels);
  batch_.exemplars.insert(batch_.exemplars.end(), exemplars.begin(), exemplars.end());
  row.exemplar_end = static_cast<uint32_t>(batch_.exemplars.size());
  return flush_if_large();
}

Result<void> BatchWriter::add(model::MetadataEntry metadata) {
  batch_.metadata.push_back(std::move(metadata));
  return flush_if_large();
}

Result<void> BatchWriter::flush_if_large() {
  const size_t samples = batch_.samples.size() + batch_.exemplars.size() + batch_.metadata.size() +
                         batch_.histograms.size() * kHistogramSamples;
  if (samples < kBatchSamples && batch_.label_bytes.size() < kBatchBytes) return {};
  return flush();
}

Result<void> BatchWriter::flush() {
  if (batch_.rows.empty() && batch_.metadata.empty()) return {};
  TRY(const model::WriteOutcome outcome, store_.append(batch_, {}));
  batch_.clear();
  refused_ += std::accumulate(std::begin(outcome.refused), std::end(outcome.refused), uint64_t{0});
  for (const auto& refusal : outcome.refusals) {
    if (refusals_.size() == base::kRefusalsNamedMax) break;
    refusals_.push_back(refusal.labels + " at " + std::to_string(refusal.time_ms));
  }
  return {};
}

}  // namespace gnomon::transfer
