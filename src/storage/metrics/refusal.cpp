#include "src/storage/metrics/refusal.h"

#include "src/base/limits.h"
#include "src/storage/window.h"

namespace gnomon::storage {

using model::WriteBatch;
using model::WriteOutcome;
using Reason = WriteOutcome::Reason;

void refuse(WriteOutcome& outcome, const WriteBatch& batch, const WriteBatch::Row& row,
            Reason reason, int64_t time_ms) {
  ++outcome.refused[static_cast<size_t>(reason)];
  if (outcome.refusals.size() >= base::kRefusalsNamedMax) return;
  outcome.refusals.push_back({reason, to_metric_string(batch.labels(row)), time_ms});
}

bool refuse_outside(WriteOutcome& outcome, const WriteBatch& batch, const WriteBatch::Row& row,
                    int64_t time_ms) {
  if (time_ms >= kStoreTimeMin && time_ms <= kStoreTimeMax) return false;
  refuse(outcome, batch, row, time_ms > 0 ? Reason::TooFarInFuture : Reason::TooOld, time_ms);
  return true;
}

}  // namespace gnomon::storage
