#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/base/worker_pool.h"
#include "src/model/annotations.h"
#include "src/storage/metric_store.h"

namespace gnomon::exec {

// Execution, in Prometheus' words, naming the flag.
Error too_many_samples(uint64_t samples_max);

// What one query has used, against what it may use. Any thread.
class Budget {
 public:
  explicit Budget(uint64_t samples_max) : samples_max_(samples_max) {}

  // Samples or points that are now held in memory; give() when they are not any more.
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

// Takes from a budget, gives it back at the end of its life.
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

// What the operators of one query share. Outlives them.
struct Context {
  storage::MetricStore& store;
  base::WorkerPool& workers;
  std::stop_token stop;
  std::chrono::steady_clock::time_point deadline;
  Budget budget;
  bool delayed_name_removal = false;
  bool use_start_timestamps = false;
  bool type_and_unit_labels = false;
  bool instant = false;  // of the query, not of a subquery's grid
  bool measure = false;  // EXPLAIN analyze
  // By the thread that runs the query; workers hand theirs over.
  model::Annotations annotations{};
  // How many samples the selectors see at each step; empty: nobody asks.
  std::vector<uint64_t> samples_at_step{};

  // Adds what one selector sees at the steps of its own grid, of which the query makes `uses`.
  void count_seen(std::span<const uint64_t> at_step, uint64_t uses);
  // Canceled or Timeout with Prometheus' words. Any thread.
  Result<void> check() const;
};

}  // namespace gnomon::exec
