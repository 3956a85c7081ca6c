#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/postgres/log.h"
#include "src/base/group_commit.h"

namespace gnomon::postgres {

// Puts records into the log. The row of `state` is locked from taking the number of a record until
// its commit: so records are committed in the order of their numbers, without gaps, whichever
// server they come from, and a reader of the log misses none.
//
// Writes of all signals that wait at the same time share a commit, which takes a number for each
// signal. Two round trips in the usual case: what begins the transaction and takes the turn, and
// the rows with the COMMIT.
class Committer {
 public:
  Committer(const Address& address, Pool& pool, Log& log);

  // Before the first write.
  void add(Signal& signal, storage::Signal number, const std::vector<Counter>& counters);

  // Durable in the log and applied when it returns. request.stop takes it out of the queue; once
  // the commit has begun it ends it when the stops of all that share it have fired. Canceled:
  // nothing was stored. Unavailable: the server was lost and it is not known; writing it again does
  // no harm. Another Error: nothing was stored.
  Result<void> write(Request& request);

  // A transaction that changes what is stored: `body` works on the connection and makes the record
  // that tells all servers. It is committed and applied when this returns. No record: nothing is
  // done. Bodies run one at a time among all servers.
  using Body = std::function<Result<std::optional<std::string>>(Connection&)>;
  struct Options {
    bool new_epoch = false;  // later records go to a new part of the log
    // Nothing is written from before body runs until the end, and everything is applied by then.
    bool alone = false;
  };
  // Canceled: nothing was done, or all.
  Result<void> act(storage::Signal signal, const Body& body, Options options,
                   const std::stop_token& stop);
  // The same without anything to apply.
  Result<void> tidy_up(const std::function<Result<void>(Connection&)>& body,
                       const std::stop_token& stop);

  base::GroupCommit::Counts counts() const { return queue_.counts(); }
  // How often a part of the log was begun here.
  uint64_t epochs_opened() const { return epochs_opened_; }

 private:
  using Group = base::GroupCommit::Group;
  // The writes of one signal in a group.
  struct Share {
    storage::Signal number;
    std::vector<Request*> requests;
    std::string row;  // where store() made it
  };
  // The state row as this transaction changed it; it stays locked until the transaction's end.
  struct Taken {
    uint64_t first = 0;
    uint64_t last = 0;
    int64_t epoch = 0;
    std::vector<int64_t> counters;  // of all signals
  };
  struct Part {
    Signal* signal;
    size_t counters_begin;
    size_t counters;
  };
  Result<void> commit(Group group);
  Result<void> apply(Group group);
  Result<bool> try_commit(std::vector<Share>& shares, const std::stop_token& stop, bool& sent);
  Result<bool> commit_complete(Connection& connection, std::vector<Share>& shares, bool& sent);
  Result<bool> commit_incomplete(Connection& connection, std::vector<Share>& shares,
                                 const std::stop_token& stop, bool& sent);
  std::vector<Share> shares_of(Group group) const;
  Result<void> send(Connection& connection, const std::vector<Share>& shares, const Taken& taken);
  Result<Taken> take_turn(Connection& connection, size_t records);
  Taken taken_from(const Rows& rows, size_t records) const;
  Turn turn_of(const Taken& taken, const Share& share, size_t i) const;
  Result<void> begin_upkeep(Connection& connection);
  Result<void> open_epoch(Connection& connection, Taken& taken);
  std::string turn_statement(size_t records) const;
  std::string log_statement();
  std::string table(std::string_view name) const;

  const std::string schema_;
  Pool& pool_;
  Log& log_;
  std::map<storage::Signal, Part> parts_;
  std::string counters_;  // their names, each with a comma before it
  size_t counters_count_ = 0;
  std::atomic<uint64_t> epochs_opened_ = 0;
  std::chrono::steady_clock::time_point notified_;
  std::mutex notified_mutex_;
  base::GroupCommit queue_;
};

}  // namespace gnomon::postgres
