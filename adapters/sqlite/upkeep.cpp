#include "adapters/sqlite/upkeep.h"

#include <algorithm>
#include <shared_mutex>
#include <string>

#include "src/base/log.h"

namespace gnomon::sqlite {
namespace {

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr auto kTickAfterError = std::chrono::seconds(5);
// A window nobody wrote to for so long is sealed, however new it is.
constexpr auto kIdle = std::chrono::minutes(20);
constexpr uint64_t kCheckpointBytes = 16u << 20;
constexpr int64_t kVacuumPages = 512;  // of 16 KiB: given back in one transaction

}  // namespace

Upkeep::~Upkeep() = default;

void Upkeep::start() {
  thread_ = std::jthread([this](std::stop_token stop) { loop(std::move(stop)); });
}

void Upkeep::loop(std::stop_token stop) {
  bool failed = false;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, failed ? kTickAfterError : kTick, [] { return false; });
    }
    const auto done = run(false);
    // Said once, not at every try.
    if (!done.ok() && !failed) {
      base::log(base::LogLevel::Error, "upkeep of the store failed; it is tried again",
                {{"error", done.error().message}});
    }
    failed = !done.ok();
  }
}

Result<void> Upkeep::run(bool everything) {
  const std::lock_guard hold(state_.maintenance);
  TRY_VOID(seal(everything));
  TRY_VOID(age());
  return checkpoint();
}

// Days that are over are merged, those past the retention go.
Result<void> Upkeep::age() {
  const int64_t newest = sql::newest_time_ms(state_.head);
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
  const int64_t newest = sql::newest_time_ms(state_.head);
  const bool full = state_.log_bytes > state_.options.log_bytes_max;
  bool due = everything || full;
  const auto ripe = [&](const storage::HeadWindow& window) {
    const int64_t end = (window.window() + 1) * storage::kWindowMs;
    return everything || full || newest - state_.options.seal_grace_ms >= end || idle(window);
  };
  const auto windows = state_.head.snapshot();
  for (const auto& window : *windows) due = due || ripe(*window);
  std::erase_if(seen_, [&](const auto& seen) {
    return std::none_of(windows->begin(), windows->end(),
                        [&](const auto& window) { return window.get() == seen.first; });
  });
  return due ? sealer_.seal(ripe) : Result<void>{};
}

bool Upkeep::idle(const storage::HeadWindow& window) {
  Seen& seen = seen_[&window];
  const auto now = Clock::now();
  if (seen.samples != window.samples() || seen.samples == 0) seen = {window.samples(), now};
  return now - seen.when > kIdle;
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
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
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
