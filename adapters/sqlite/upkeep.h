#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "adapters/sqlite/day_merger.h"
#include "adapters/sqlite/expiry.h"
#include "adapters/sqlite/sealer.h"
#include "adapters/sqlite/state.h"

namespace gnomon::sqlite {

// What keeps the file small and the log short, on a thread of its own: sealing, merging days,
// expiry, copying SQLite's write-ahead log.
class Upkeep {
 public:
  explicit Upkeep(SqliteStore::State& state)
      : state_(state), sealer_(state), expiry_(state), merger_(state, expiry_) {}
  ~Upkeep();

  void start();
  // Everything that is due; all windows are sealed when `everything`. Any thread.
  Result<void> run(bool everything);
  // Deletes samples; durable when it returns. Any thread.
  Result<void> remove(const storage::CatalogQuery& what);
  // Stops the thread, seals everything, gives unused pages back. No requests any more.
  Result<void> close();

 private:
  using Clock = std::chrono::steady_clock;
  void loop(std::stop_token stop);
  Result<void> seal(bool everything);
  bool idle(const storage::HeadWindow& window);
  Result<void> age();
  Result<void> checkpoint();

  SqliteStore::State& state_;
  Sealer sealer_;
  Expiry expiry_;
  DayMerger merger_;
  // Windows as they were when they last changed.
  struct Seen {
    uint64_t samples = 0;
    Clock::time_point when;
  };
  std::unordered_map<const storage::HeadWindow*, Seen> seen_;
  uint64_t log_bytes_copied_ = 0;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace gnomon::sqlite
