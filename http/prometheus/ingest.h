#pragma once

#include <cstdint>
#include <stop_token>
#include <utility>

#include "http/message.h"
#include "src/base/result.h"
#include "src/model/write_batch.h"
#include "src/wire/refusals.h"

namespace gnomon::http {
struct TenantContext;
}

namespace gnomon::prometheus {

using http::TenantContext;

// The samples of one request on their way into the store, in one batch or several, and the answer
// to their sender.
class Ingest {
 public:
  // `stop`: the sender went away.
  Ingest(const TenantContext& tenant, std::stop_token stop)
      : tenant_(tenant), stop_(std::move(stop)) {}

  // What was refused so far; decoders add to it.
  wire::WriteRefusals& refusals() { return refusals_; }
  // Takes out what must not be stored and stores the rest durably.
  Result<void> store(model::WriteBatch& batch);
  // 204, or 400 naming what was refused, although the rest is stored. Counts.
  http::Response answer();

 private:
  const TenantContext& tenant_;
  const std::stop_token stop_;
  wire::WriteRefusals refusals_;
  model::WriteOutcome outcome_;  // of all batches
};

}  // namespace gnomon::prometheus
