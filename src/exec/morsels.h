#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "src/base/result.h"
#include "src/base/worker_pool.h"
#include "src/model/annotations.h"
#include "src/model/column.h"

namespace gnomon::exec {

// The columns of a run of series.
struct Morsel {
  std::vector<model::Column> columns;
  model::Annotations annotations;
  std::vector<uint64_t> samples_at_step;  // see Context; empty when not asked for
  Result<void> status;
};

// Evaluates morsels 0, 1, 2, ... on the worker pool, a few ahead of the consumer, which gets them
// in order and evaluates the next one itself when no worker has begun it. The results do not depend
// on the number of threads.
class MorselQueue {
 public:
  // evaluate(number, morsel): any thread, several at once; morsel's memory is reused. What it
  // throws becomes the morsel's status. At most `held_max` (>= 2) morsels are in memory.
  using Evaluate = std::function<void(size_t number, Morsel& morsel)>;
  MorselQueue(base::WorkerPool& workers, size_t morsels, size_t held_max, Evaluate evaluate);
  // Waits for what runs; nothing calls `evaluate` afterwards.
  ~MorselQueue();
  MorselQueue(const MorselQueue&) = delete;
  MorselQueue& operator=(const MorselQueue&) = delete;

  // The next morsel, evaluated; valid until the next call. REQUIRES: called by one thread, at most
  // as often as there are morsels.
  Morsel& next();

 private:
  struct State;
  static void evaluate_one(State& state, std::unique_lock<std::mutex>& lock);
  static void work(const std::shared_ptr<State>& state);
  void spawn();

  base::WorkerPool& workers_;
  std::shared_ptr<State> state_;
};

}  // namespace gnomon::exec
