#include "src/storage/metrics/refusal.h"

#include <string>

#include "src/storage/window.h"

namespace gnomon::storage {

using model::WriteBatch;
using model::WriteOutcome;
using Reason = WriteOutcome::Reason;

void refuse(WriteOutcome& outcome, const WriteBatch& batch, const WriteBatch::Row& row,
            Reason reason, int64_t time_ms) {
  if (!outcome.refused.names_more()) return outcome.refused.add(reason, 1);
  outcome.refused.add(reason, 1, std::string(model::reason_text(reason)),
                      to_metric_string(batch.labels(row)) + " at " + std::to_string(time_ms));
}

bool refuse_outside(WriteOutcome& outcome, const WriteBatch& batch, const WriteBatch::Row& row,
                    int64_t time_ms) {
  if (time_ms >= kStoreTimeMin && time_ms <= kStoreTimeMax) return false;
  refuse(outcome, batch, row, time_ms > 0 ? Reason::TooFarInFuture : Reason::TooOld, time_ms);
  return true;
}

}  // namespace gnomon::storage
