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

  const model::Refusals& refused() const { return refused_; }

 private:
  void add_floats(const model::Labels& labels, const model::SampleBlock& block, size_t begin,
                  size_t end);
  Result<void> flush_if_large();

  storage::MetricStore& store_;
  model::WriteBatch batch_;
  model::Refusals refused_;
};

}  // namespace gnomon::transfer
