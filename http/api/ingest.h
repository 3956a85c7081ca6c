#pragma once

#include <string>

#include "http/message.h"
#include "src/base/error.h"
#include "src/ingest/refusals.h"
#include "src/model/write_batch.h"

namespace gnomon::api {

struct Context;

// Takes out what must not be stored, stores the rest durably and answers the sender: 204, or 400
// with the names of what was refused, although the rest is stored. Empties nothing.
// `refusals`: what the decoder already refused.
http::Response store_batch(model::WriteBatch& batch, ingest::Refusals& refusals,
                           const Context& context);

// A plain text error, as senders of samples expect.
http::Response refuse_request(const base::Error& error);

}  // namespace gnomon::api
