#pragma once

#include <cstdint>

#include "src/model/write_batch.h"

namespace gnomon::storage {

// Counts a sample that is not stored, and names it unless enough are named.
void refuse(model::WriteOutcome& outcome, const model::WriteBatch& batch,
            const model::WriteBatch::Row& row, model::WriteOutcome::Reason reason, int64_t time_ms);
// Refuses a sample whose time no store can keep; false: it can.
bool refuse_outside(model::WriteOutcome& outcome, const model::WriteBatch& batch,
                    const model::WriteBatch::Row& row, int64_t time_ms);

}  // namespace gnomon::storage
