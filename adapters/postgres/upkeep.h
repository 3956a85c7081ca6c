#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <vector>

#include "adapters/blocks/metrics/seal_policy.h"
#include "adapters/blocks/upkeep_thread.h"
#include "adapters/postgres/committer.h"
#include "adapters/postgres/session.h"
#include "adapters/postgres/state.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::postgres {

// Seals, merges days and expires on a thread of its own, in one server at a time: the one whose
// session holds the schema's lock. That lock saves work and nothing else: every step is a
// transaction that looks again whether it is still to be done, one at a time among all servers.
class Upkeep {
 public:
  Upkeep(State& state, Committer& committer, std::shared_ptr<Session> session,
         Session::MemberPtr member);

  void start();
  // Everything that is due; all windows are sealed when `everything`. Any thread.
  Result<void> run(bool everything);
  // Deletes samples; durable when it returns. Any thread.
  Result<void> remove(const storage::CatalogQuery& what);
  // Stops the thread. The last server that has the schema open seals everything.
  Result<void> close();

  // Of the log's tables, as of a moment ago.
  uint64_t log_bytes() const { return log_bytes_; }

 private:
  using Clock = std::chrono::steady_clock;
  Result<void> measure_log();
  Result<void> seal(bool everything);
  Result<void> seal_frozen();
  Result<void> age();
  Result<void> forget_empty(std::vector<bool> marks);
  Result<void> free_log(bool at_once);
  Result<void> drop_parts();
  Result<void> drop_dead_parts(Connection& connection);

  State& state_;
  Committer& committer_;
  const std::shared_ptr<Session> session_;
  const Session::MemberPtr member_;
  std::mutex maintenance_;
  blocks::SealPolicy seal_policy_;
  std::atomic<uint64_t> log_bytes_ = 0;
  Clock::time_point measured_;
  uint64_t measured_seq_ = 0;
  Clock::time_point log_checked_;
  uint64_t log_needed_ = 0;
  Clock::time_point parts_checked_;
  std::map<int64_t, Clock::time_point> spare_epochs_;  // since when nobody here needs them
  // Last: ends first.
  blocks::UpkeepThread thread_;
};

}  // namespace gnomon::postgres
