#include "src/exec/morsels.h"

#include <algorithm>
#include <exception>

namespace gnomon::exec {

struct MorselQueue::State {
  struct Slot {
    Morsel morsel;
    bool done = false;
  };

  Slot& slot(size_t number) { return slots[number % slots.size()]; }
  // Room for one more: the consumer still uses the one before `consumed`.
  bool can_claim() const {
    return !stopping && claimed < morsels && claimed + 1 < consumed + slots.size();
  }

  std::mutex mutex;
  std::condition_variable changed;
  Evaluate evaluate;
  size_t morsels = 0;
  size_t claimed = 0;   // begun, by a worker or the consumer
  size_t consumed = 0;  // handed out
  size_t spawned = 0;   // tasks that were submitted and have not ended
  size_t running = 0;   // of these, inside evaluate
  bool stopping = false;
  std::vector<Slot> slots;
};

MorselQueue::MorselQueue(base::WorkerPool& workers, size_t morsels, size_t held_max,
                         Evaluate evaluate)
    : workers_(workers), state_(std::make_shared<State>()) {
  state_->evaluate = std::move(evaluate);
  state_->morsels = morsels;
  state_->slots.resize(std::min(held_max, 2 * workers.threads() + 2));
  spawn();
}

MorselQueue::~MorselQueue() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.wait(lock, [&] { return state_->running == 0; });
}

// The consumer is a worker too: one thread fewer than the pool has is enough.
void MorselQueue::spawn() {
  size_t wanted = 0;
  {
    std::lock_guard lock(state_->mutex);
    size_t threads = workers_.threads() > 1 ? workers_.threads() - 1 : 0;
    size_t open = state_->morsels - state_->claimed;
    size_t useful = std::min(threads, open > 0 ? open - 1 : 0);
    if (state_->can_claim() && state_->spawned < useful) {
      wanted = useful - state_->spawned;
      state_->spawned = useful;
    }
  }
  for (size_t i = 0; i < wanted; ++i) {
    auto state = state_;
    workers_.submit([state] { work(state); });
  }
}

// Claims the next morsel and evaluates it. REQUIRES: the lock held; not held while evaluating.
void MorselQueue::evaluate_one(State& state, std::unique_lock<std::mutex>& lock) {
  size_t number = state.claimed++;
  auto& slot = state.slot(number);
  ++state.running;
  lock.unlock();
  try {
    state.evaluate(number, slot.morsel);
  } catch (const std::exception& exception) {  // memory may run out
    slot.morsel.status = Error{ErrorKind::Internal, exception.what()};
  }
  lock.lock();
  --state.running;
  slot.done = true;
}

void MorselQueue::work(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (state->can_claim()) {
    evaluate_one(*state, lock);
    state->changed.notify_all();
  }
  --state->spawned;
}

Morsel& MorselQueue::next() {
  spawn();
  std::unique_lock lock(state_->mutex);
  size_t number = state_->consumed++;
  auto& slot = state_->slot(number);
  // While another thread is at this morsel, do a later one: waiting would make them take turns.
  while (!slot.done) {
    if (state_->can_claim()) {
      evaluate_one(*state_, lock);
    } else {
      state_->changed.wait(lock, [&] { return slot.done; });
    }
  }
  slot.done = false;  // for its next use
  return slot.morsel;
}

}  // namespace gnomon::exec
