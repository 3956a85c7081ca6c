#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/blocks/metrics/commit_queue.h"
#include "adapters/postgres/state.h"

namespace gnomon::postgres {

// Puts records into the log. The row of `state` is locked from taking the number of a record until
// its commit: so records are committed in the order of their numbers, without gaps, whichever
// server they come from, and nobody who reads the log misses one.
class Committer {
 public:
  explicit Committer(State& state);

  // Durable in the log and applied when it returns. An Error other than Unavailable: nothing was
  // stored; Unavailable: the server was lost and it is not known; writing it again does no harm.
  Result<void> write(Request& request) { return queue_.write(request); }

  // A transaction that also does something to the store: `body` works on the connection and says
  // what all servers shall apply. It is committed and applied when this returns.
  // Nothing to apply: nothing is done.
  using Body = std::function<Result<std::optional<Control>>(Connection&)>;
  struct Options {
    bool new_epoch = false;  // later records go to a new part of the log
    // Nobody writes from before body runs until the end, and everything is applied by then.
    bool alone = false;
  };
  Result<void> act(const Body& body, Options options);

  // The same without anything to apply.
  Result<void> tidy_up(const std::function<Result<void>(Connection&)>& body);

  blocks::CommitQueue::Counts counts() const { return queue_.counts(); }
  // The state row as this transaction changed it; it stays locked until its end.
  struct Turn {
    uint64_t seq = 0;
    int64_t epoch = 0;
    uint32_t series_end = 0;
    uint64_t erasures = 0;
  };

 private:
  Result<void> commit(blocks::CommitQueue::Group group);
  Result<bool> try_commit(blocks::CommitQueue::Group group);
  Result<bool> commit_complete(Connection& connection, blocks::CommitQueue::Group group);
  Result<void> commit_incomplete(Connection& connection, blocks::CommitQueue::Group group);
  Result<void> store_series(Connection& connection, blocks::CommitQueue::Group group, Turn& turn,
                            std::string& row);
  Result<void> store_extras(Connection& connection, const Request& request, const Turn& turn,
                            std::string& row);
  Result<void> send(Connection& connection, blocks::CommitQueue::Group group, const Turn& turn,
                    std::string_view row);
  Result<Turn> take_turn(Connection& connection);
  Result<void> begin_upkeep(Connection& connection);
  Result<void> open_epoch(Connection& connection, Turn& turn);
  std::string turn_statement() const;
  std::string log_statement();

  State& state_;
  std::chrono::steady_clock::time_point notified_;
  std::mutex notified_mutex_;
  blocks::CommitQueue queue_;
};

}  // namespace gnomon::postgres
