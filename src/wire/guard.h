#pragma once

#include <cstdint>

#include "src/model/write_batch.h"
#include "src/wire/refusals.h"

namespace gnomon::wire {

// The guardrails between a decoder and MetricStore::append: takes out of the batch
// - rows whose labels exceed a limit of src/base/limits.h (the error names it),
// - samples, histograms and exemplars later than now + kFutureSampleMs, and rows left with none.
// One pass over times and row sizes when there is nothing to take out.
void guard(model::WriteBatch& batch, int64_t now_ms, WriteRefusals& refusals);

}  // namespace gnomon::wire
