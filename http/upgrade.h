#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "http/connection.h"
#include "http/message.h"
#include "http/transport.h"

namespace gnomon::http {

// What is spoken on a connection that a handler took over from HTTP. Owns all it needs.
class Upgrade {
 public:
  virtual ~Upgrade() = default;
  // Runs on the I/O thread until the connection is over; then it is closed. `input`: what the
  // client has sent after its request. `stop` fires on the same thread, between two suspensions,
  // when the server stops: ServerOptions::stop_ms later the transport is shut down, which ends its
  // waits. Both outlive the call. Nothing else looks after the time: a client that is silent stays.
  virtual boost::asio::awaitable<void> run(Transport& transport, std::string input,
                                           std::stop_token stop) = 0;
};

// The answer of a handler that accepts: 101 and the protocol's name. Only for a request whose
// `upgrade` is not empty, on a route that allows it.
Response accept_upgrade(std::string_view protocol, std::shared_ptr<Upgrade> upgrade);

// A connection on which an Upgrade runs.
class UpgradedConnection final : public Connection {
 public:
  UpgradedConnection(std::unique_ptr<Transport> transport, Slot slot, Home& home,
                     std::shared_ptr<Upgrade> upgrade);
  void start(std::string input);

  void stop() override;
  void cancel() override;
  void check_deadlines(Clock::time_point) override {}

 private:
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> self, std::string input);

  std::shared_ptr<Upgrade> upgrade_;
  std::stop_source stop_;
};

}  // namespace gnomon::http
