#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/model/write_batch.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::transfer {

// Writes series into a store, many in one batch. One thread. What add() got is written for certain
// only after flush().
class BatchWriter {
 public:
  explicit BatchWriter(storage::MetricStore& store) : store_(store) {}

  Result<void> add(const model::Labels& labels, const model::SampleBlock& block);
  Result<void> add(const model::Labels& labels, const std::vector<model::Exemplar>& exemplars);
  Result<void> add(model::MetadataEntry metadata);
  Result<void> flush();

  uint64_t refused() const { return refused_; }
  // The first of them: `up{job="a"} at 1700000000000`.
  const std::vector<std::string>& refusals() const { return refusals_; }

 private:
  void add_floats(const model::Labels& labels, const model::SampleBlock& block, size_t begin,
                  size_t end);
  Result<void> flush_if_large();

  storage::MetricStore& store_;
  model::WriteBatch batch_;
  uint64_t refused_ = 0;
  std::vector<std::string> refusals_;
};

}  // namespace gnomon::transfer
