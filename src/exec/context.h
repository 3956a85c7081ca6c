#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "src/base/deadline.h"
#include "src/base/result.h"
#include "src/base/worker_pool.h"
#include "src/model/annotations.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::exec {

// The Execution error of a query that needs more than --query.max-samples in memory.
Error too_many_samples(uint64_t samples_max);

// The samples that one query reads and holds in memory, against --query.max-samples. Thread-safe.
class Budget {
 public:
  explicit Budget(uint64_t samples_max) : samples_max_(samples_max) {}

  // Adds samples or points that are held in memory from now until give(). Errors: Execution, above
  // the maximum; they are added all the same.
  Result<void> take(uint64_t samples);
  void give(uint64_t samples) { held_.fetch_sub(samples, std::memory_order_relaxed); }
  void count_read(uint64_t samples) { read_.fetch_add(samples, std::memory_order_relaxed); }

  uint64_t read() const { return read_.load(std::memory_order_relaxed); }
  uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

 private:
  uint64_t samples_max_;
  std::atomic<uint64_t> held_{0};
  std::atomic<uint64_t> peak_{0};
  std::atomic<uint64_t> read_{0};
};

// Samples taken from a budget, given back by the destructor.
class Hold {
 public:
  explicit Hold(Budget& budget) : budget_(budget) {}
  ~Hold() { budget_.give(samples_); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  Result<void> take(uint64_t samples) {
    samples_ += samples;
    return budget_.take(samples);
  }

 private:
  Budget& budget_;
  uint64_t samples_ = 0;
};

// What the operators of one query share. Must outlive them. Thread-safe where said so; all else
// belongs to the thread that runs the query, or does not change while it runs.
struct Context {
  storage::MetricStore& store;
  base::WorkerPool& workers;
  const base::Deadline& deadline;
  std::stop_token stop;  // the deadline's: fires at it or when the client is gone
  Budget budget;
  bool delayed_name_removal = false;
  bool use_start_timestamps = false;
  bool type_and_unit_labels = false;
  bool instant = false;  // of the query, not of a subquery's grid
  bool measure = false;  // EXPLAIN analyze
  // Workers collect their own, which the thread that runs the query merges: see Morsel.
  model::Annotations annotations{};
  // How many samples the selectors see at each step of the query. Empty: not wanted.
  std::vector<uint64_t> samples_at_step{};

  // Adds what one selector sees at the steps of its own grid, of which the query makes `uses`.
  void count_seen(std::span<const uint64_t> at_step, uint64_t uses);
  // Once stop has fired: Timeout when the deadline is over, else Canceled. Thread-safe.
  Result<void> check() const;
};

}  // namespace gnomon::exec
