#pragma once

#include <cstdint>

#include "adapters/blocks/metrics/seal_policy.h"
#include "adapters/blocks/upkeep_thread.h"
#include "adapters/sqlite/metrics/day_merger.h"
#include "adapters/sqlite/metrics/expiry.h"
#include "adapters/sqlite/metrics/sealer.h"
#include "adapters/sqlite/metrics/state.h"

namespace gnomon::sqlite {

// What keeps the file small and the log short, on a thread of its own: sealing, merging days,
// expiry, copying SQLite's write-ahead log.
class Upkeep {
 public:
  explicit Upkeep(SqliteStore::State& state)
      : state_(state),
        sealer_(state),
        expiry_(state),
        merger_(state, expiry_),
        seal_policy_(state.head, state.options.seal_grace_ms) {}

  void start();
  // Everything that is due; all windows are sealed when `everything`. Any thread.
  Result<void> run(bool everything);
  // Deletes samples; durable when it returns. Any thread.
  Result<void> remove(const storage::CatalogQuery& what);
  // Stops the thread, seals everything, gives unused pages back. No requests any more.
  Result<void> close();

 private:
  Result<void> seal(bool everything);
  Result<void> age();
  Result<void> checkpoint();

  SqliteStore::State& state_;
  Sealer sealer_;
  Expiry expiry_;
  DayMerger merger_;
  blocks::SealPolicy seal_policy_;
  uint64_t log_bytes_copied_ = 0;
  // Last: ends first.
  blocks::UpkeepThread thread_;
};

}  // namespace gnomon::sqlite
