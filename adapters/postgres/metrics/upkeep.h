#pragma once

#include <chrono>
#include <stop_token>
#include <vector>

#include "adapters/blocks/metrics/seal_policy.h"
#include "adapters/postgres/metrics/state.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::postgres {

// What ages and deletes samples. Any thread; one call at a time is at work. When its stop fires
// the transaction under way is rolled back: Canceled.
class MetricsUpkeep {
 public:
  explicit MetricsUpkeep(MetricsState& state);

  // Seals windows, merges days, expires; as Signal::maintain().
  Result<uint64_t> run(bool everything, const std::stop_token& stop);
  // Deletes samples; durable when it returns.
  Result<void> remove(const storage::CatalogQuery& what, const std::stop_token& stop);

 private:
  using Clock = std::chrono::steady_clock;
  Result<void> seal(bool everything, const std::stop_token& stop);
  Result<void> seal_frozen(const std::stop_token& stop);
  Result<void> age(const std::stop_token& stop);
  Result<void> forget_empty(std::vector<bool> marks, const std::stop_token& stop);
  Result<void> drop_parts(const std::stop_token& stop);
  Result<void> drop_dead_parts(Connection& connection);
  // `body` as in sealer.h.
  template <typename Body>
  Result<void> act(const Body& body, Committer::Options options, const std::stop_token& stop);

  MetricsState& state_;
  StoppableMutex working_;  // guards what follows
  blocks::SealPolicy seal_policy_;
  Clock::time_point parts_checked_;
};

}  // namespace gnomon::postgres
