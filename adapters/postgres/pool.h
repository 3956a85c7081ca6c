#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/postgres/address.h"
#include "adapters/postgres/connection.h"

namespace gnomon::postgres {

// The connections of this process to one server and database: all databases there share them,
// however many schemas are open. Any thread. Who holds a connection must not wait for another one.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  // The pool of this address, made when there is none.
  static std::shared_ptr<Pool> get(const Address& address);
  Pool(std::string uri, size_t connections_max);

  // A connection for as long as this lives; it obeys the stop of its lease.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection, const std::stop_token& stop);
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };
  // What a connection is for. Readers leave some to writers and to those who apply what was
  // written: however many slow reads are under way, commits go on.
  enum class For : uint8_t { Reading, Writing };
  // Waits until one is free or made. Canceled when the stop fires, also while one is made.
  // Unavailable when all are in use for base::kPostgresLeaseMs, or the server cannot be reached;
  // while it stays away, that is said at once and tried again less and less often.
  Result<Lease> lease(For what, const std::stop_token& stop);

  const std::string& uri() const { return uri_; }

 private:
  using Clock = std::chrono::steady_clock;
  using ConnectionPtr = std::unique_ptr<Connection>;
  struct Attempt;
  bool may_take(For what) const;
  Result<ConnectionPtr> take(For what, const std::stop_token& stop);
  Result<ConnectionPtr> connect(const std::stop_token& stop);
  Result<ConnectionPtr> note(Result<ConnectionPtr> connection);
  void give_back(ConnectionPtr connection);

  const std::string uri_;
  const size_t connections_max_;
  std::mutex mutex_;
  std::condition_variable_any free_;
  std::vector<ConnectionPtr> idle_;  // last used last
  size_t open_ = 0;                  // with those that are being made
  // After a failure.
  Clock::time_point next_try_;
  std::chrono::milliseconds pause_{0};
  std::string failure_;
};

}  // namespace gnomon::postgres
