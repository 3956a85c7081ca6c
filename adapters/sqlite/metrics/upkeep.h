#pragma once

#include <stop_token>

#include "adapters/blocks/metrics/seal_policy.h"
#include "adapters/sqlite/metrics/day_merger.h"
#include "adapters/sqlite/metrics/expiry.h"
#include "adapters/sqlite/metrics/sealer.h"
#include "adapters/sqlite/metrics/state.h"

namespace gnomon::sqlite {

// What keeps the metrics of a file small and its log short: sealing, merging days, expiry. Any
// thread; one call at a time is under way.
class Upkeep {
 public:
  explicit Upkeep(State& state)
      : state_(state),
        sealer_(state),
        expiry_(state),
        merger_(state, expiry_),
        seal_policy_(state.head, state.database.options().seal_grace_ms) {}

  Result<void> run(Maintenance how);
  // Deletes samples; durable when it returns. Canceled: some may be deleted.
  Result<void> remove(const storage::CatalogQuery& what, const std::stop_token& stop);

 private:
  Result<void> seal(bool everything, const std::stop_token& stop);
  Result<void> age();

  State& state_;
  Sealer sealer_;
  Expiry expiry_;
  DayMerger merger_;
  blocks::SealPolicy seal_policy_;
};

}  // namespace gnomon::sqlite
