#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "adapters/postgres/address.h"
#include "adapters/postgres/committer.h"
#include "adapters/postgres/log.h"
#include "adapters/postgres/log_upkeep.h"
#include "adapters/postgres/pool.h"
#include "adapters/postgres/session.h"
#include "adapters/postgres/signal.h"
#include "src/storage/store_options.h"

namespace gnomon::postgres {

// An open schema of a PostgreSQL database that several servers may share, whatever signals are kept
// in it. A write is durable in the log before it is acknowledged; every server follows the log and
// so has the same in memory; one of them, by an advisory lock, seals what is old into tables.
//
// Signals are added first, then start() opens the schema. Any thread after that. A signal closes
// the database before it goes; no call is under way then.
class Database {
 public:
  Database(Address address, const storage::StoreOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Before start().
  void add(Signal& signal, SignalTables tables);
  // Makes or migrates the schema, reads it, follows it from then on.
  Result<void> start();
  // Ends what is under way and all threads. The last server that has the schema open seals
  // everything and empties the log.
  void close();

  const std::string& schema() const { return address_.schema; }
  // "schema"."name".
  std::string table(std::string_view name) const;
  Result<Pool::Lease> lease(const std::stop_token& stop) {
    return pool_->lease(Pool::For::Reading, stop);
  }
  Log& log() { return log_; }
  Committer& committer() { return committer_; }
  // Fires when the database is closed.
  std::stop_token closing() const { return closing_.get_token(); }

  // What the upkeep thread does from time to time when this server is the one that does it.
  Result<void> maintain(bool everything) { return upkeep_.run(everything, {}); }
  // Applies what other servers have written until now.
  Result<void> follow(const std::stop_token& stop);
  // The same where so long nothing was heard of the database that memory may miss what they wrote.
  Result<void> follow_when_behind(const std::stop_token& stop);

  struct Counts {
    base::GroupCommit::Counts written;
    uint64_t log_bytes;
    uint64_t seq;
    bool sealer;
  };
  Counts counts() const;

 private:
  void follow_to(uint64_t seq);

  const Address address_;
  const bool background_;
  std::stop_source closing_;
  const std::shared_ptr<Pool> pool_;
  Log log_;
  Committer committer_;
  const std::shared_ptr<Session> session_;
  const Session::MemberPtr member_ = std::make_shared<Session::Member>();
  std::vector<SignalTables> tables_;
  bool started_ = false;
  LogUpkeep upkeep_;
};

}  // namespace gnomon::postgres
