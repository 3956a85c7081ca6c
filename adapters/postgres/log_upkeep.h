#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <stop_token>
#include <vector>

#include "adapters/blocks/upkeep_thread.h"
#include "adapters/postgres/committer.h"
#include "adapters/postgres/session.h"

namespace gnomon::postgres {

// Upkeep on a thread of its own, in one server at a time: the one whose session holds the schema's
// lock. Each signal seals, merges and expires; then the parts of the log that none needs are
// dropped. The lock saves work and nothing else: every step is a transaction that looks again
// whether it is still to be done, one at a time among all servers.
class LogUpkeep {
 public:
  LogUpkeep(const Address& address, Pool& pool, Log& log, const Committer& committer,
            size_t log_bytes_max);

  // Before start().
  void add(Signal& signal) { signals_.push_back(&signal); }
  // `closing` ends what is under way.
  void start(const std::atomic<bool>& sealer, std::stop_token closing);
  // Waits for what is under way. Also when it was not started.
  void stop() { thread_.stop(); }
  // Everything that is due; all that can be sealed when `everything`. Any thread.
  Result<void> run(bool everything, const std::stop_token& stop);
  // Drops what is not needed of the log, at once: no other server reads it.
  Result<void> empty_log();

  // Of the log's tables, as of a moment ago.
  uint64_t log_bytes() const { return log_bytes_; }

 private:
  using Clock = std::chrono::steady_clock;
  Result<void> measure_log(const std::stop_token& stop);
  Result<void> free_log(bool at_once, const std::stop_token& stop);
  std::string table(std::string_view name) const;

  const std::string schema_;
  Pool& pool_;
  Log& log_;
  const Committer& committer_;
  const size_t log_bytes_max_;
  std::vector<Signal*> signals_;
  StoppableMutex running_;  // guards what follows
  std::atomic<uint64_t> log_bytes_ = 0;
  Clock::time_point measured_;
  uint64_t measured_seq_ = 0;
  uint64_t measured_epochs_ = 0;  // of Committer::epochs_opened()
  Clock::time_point log_checked_;
  uint64_t needed_ = 0;                                // records below are not, by any signal
  uint64_t checked_needed_ = 0;                        // needed_ as of log_checked_
  std::map<int64_t, Clock::time_point> spare_epochs_;  // since when nothing here needs them
  // Last: ends first.
  blocks::UpkeepThread thread_;
};

}  // namespace gnomon::postgres
