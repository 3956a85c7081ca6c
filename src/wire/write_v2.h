#pragma once

#include <string_view>

#include "src/base/result.h"
#include "src/model/write_batch.h"
#include "src/wire/refusals.h"

namespace gnomon::wire {

// Decodes an io.prometheus.write.v2.Request, of Remote Write 2.0. Adds to an empty batch and to
// `refusals`. Series with bad labels and series without a sample or a histogram are refused and
// named; the rest stands. BadData, and the batch is of no use, when the message is broken, its
// symbols do not begin with "", or its labels and metadata, spelled out, exceed
// kWriteBytesDecodedMax. One metadata entry per metric: the last one.
Result<void> decode_write_v2(std::string_view message, model::WriteBatch& batch,
                             WriteRefusals& refusals);

}  // namespace gnomon::wire
