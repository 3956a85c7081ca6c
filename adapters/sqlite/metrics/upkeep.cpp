#include "adapters/sqlite/metrics/upkeep.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

namespace gnomon::sqlite {

Result<void> Upkeep::run(Maintenance how) {
  const std::unique_lock hold(state_.maintenance);
  TRY_VOID(seal(how != Maintenance::Due, {}));
  TRY_VOID(age());
  if (how != Maintenance::Closing) return {};
  TRY_VOID(merger_.delete_merged());
  return expiry_.compact_series(false);
}

// Days that are over are merged, those past the retention go.
Result<void> Upkeep::age() {
  const storage::StoreOptions& options = state_.database.options();
  const int64_t newest = blocks::newest_time_ms(state_.head);
  if (newest == storage::kStoreTimeMin) return {};  // nothing there yet
  if (options.retention_ms > 0) {
    TRY_VOID(expiry_.expire_before(newest - options.retention_ms));
  }
  TRY_VOID(merger_.delete_merged());
  TRY([[maybe_unused]] const bool merged,
      merger_.merge_one_before(newest - options.day_merge_after_ms));
  return {};
}

Result<void> Upkeep::remove(const storage::CatalogQuery& what, const std::stop_token& stop) {
  if (!state_.maintenance.lock(stop)) return base::canceled();
  const std::unique_lock hold(state_.maintenance, std::adopt_lock);
  Expiry::Marks touched;
  TRY_VOID(seal(true, stop));  // most of it, while others write
  const auto removed = [&]() -> Result<void> {
    if (!state_.gate.lock(stop)) return base::canceled();
    const std::unique_lock alone(state_.gate, std::adopt_lock);
    // With an empty log nothing that is deleted can come back at the next start.
    TRY_VOID(seal(true, stop));
    return expiry_.remove(what, stop, touched);
  }();
  // Also of a part: the series that have lost all their samples are not found again.
  TRY_VOID(expiry_.forget_empty(std::move(touched)));
  return removed;
}

Result<void> Upkeep::seal(bool everything, const std::stop_token& stop) {
  const uint64_t log_bytes = state_.database.log_bytes(storage::Signal::Metrics);
  const bool all = everything || log_bytes > state_.database.options().log_bytes_max;
  const auto ripe = seal_policy_.now(all);
  const auto windows = state_.head.snapshot();
  const bool due = all || std::any_of(windows->begin(), windows->end(),
                                      [&](const auto& window) { return ripe(*window); });
  return due ? sealer_.seal(ripe, stop) : Result<void>{};
}

}  // namespace gnomon::sqlite
