#include "adapters/sqlite/metrics/upkeep.h"

#include <algorithm>
#include <shared_mutex>
#include <string>

namespace gnomon::sqlite {
namespace {

constexpr uint64_t kCheckpointBytes = 16u << 20;
constexpr int64_t kVacuumPages = 512;  // of 16 KiB: given back in one transaction

}  // namespace

void Upkeep::start() {
  thread_.start([this] { return run(false); });
}

Result<void> Upkeep::run(bool everything) {
  const std::lock_guard hold(state_.maintenance);
  TRY_VOID(seal(everything));
  TRY_VOID(age());
  return checkpoint();
}

// Days that are over are merged, those past the retention go.
Result<void> Upkeep::age() {
  const int64_t newest = blocks::newest_time_ms(state_.head);
  if (newest == storage::kStoreTimeMin) return {};  // nothing there yet
  if (state_.options.retention_ms > 0) {
    TRY_VOID(expiry_.expire_before(newest - state_.options.retention_ms));
  }
  TRY_VOID(merger_.delete_merged());
  TRY([[maybe_unused]] const bool merged,
      merger_.merge_one_before(newest - state_.options.day_merge_after_ms));
  return {};
}

Result<void> Upkeep::remove(const storage::CatalogQuery& what) {
  const std::lock_guard hold(state_.maintenance);
  Expiry::Marks touched;
  {
    const std::unique_lock alone(state_.gate);
    // With an empty log nothing that is deleted can come back at the next start.
    TRY_VOID(seal(true));
    TRY(touched, expiry_.remove(what));
  }
  return expiry_.forget_empty(std::move(touched));
}

Result<void> Upkeep::seal(bool everything) {
  const bool all = everything || state_.log_bytes > state_.options.log_bytes_max;
  const auto ripe = seal_policy_.now(all);
  const auto windows = state_.head.snapshot();
  const bool due = all || std::any_of(windows->begin(), windows->end(),
                                      [&](const auto& window) { return ripe(*window); });
  return due ? sealer_.seal(ripe) : Result<void>{};
}

// Copies what was committed into the file, beside the writers; a remainder that came in meanwhile
// is copied between two commits, so that the write-ahead log starts anew instead of growing.
Result<void> Upkeep::checkpoint() {
  const uint64_t written = state_.writer.counts().log_bytes;
  if (written - log_bytes_copied_ < kCheckpointBytes) return {};
  log_bytes_copied_ = written;
  TRY(Connection connection, Connection::open(state_.path, Connection::Mode::Create));
  TRY_VOID(connection.run("PRAGMA wal_autocheckpoint = 0"));
  // A connection that has read nothing yet does not know of the log.
  TRY([[maybe_unused]] const int64_t version, connection.integer("PRAGMA schema_version"));
  TRY_VOID(connection.checkpoint(false));
  return state_.writer.exclusive([](Connection& writer) { return writer.checkpoint(false); });
}

Result<void> Upkeep::close() {
  thread_.stop();
  TRY_VOID(run(true));
  {
    const std::lock_guard hold(state_.maintenance);
    TRY_VOID(merger_.delete_merged());
    TRY_VOID(expiry_.compact_series(false));
  }
  TRY(const int64_t empty, [&]() -> Result<int64_t> {
    TRY(Connection connection, Connection::open(state_.path, Connection::Mode::ReadOnly));
    return connection.integer("PRAGMA freelist_count");
  }());
  for (int64_t pages = 0; pages < empty; pages += kVacuumPages) {
    TRY_VOID(state_.writer.exclusive([](Connection& connection) {
      const std::string text = "PRAGMA incremental_vacuum(" + std::to_string(kVacuumPages) + ")";
      return connection.run(text.c_str());
    }));
  }
  return state_.writer.exclusive(
      [](Connection& connection) { return connection.checkpoint(true); });
}

}  // namespace gnomon::sqlite
