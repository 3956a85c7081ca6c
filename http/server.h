#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/lanes.h"
#include "http/router.h"
#include "src/base/limits.h"
#include "src/base/result.h"

namespace gnomon::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:9090";  // HOST:PORT, [v6]:PORT, :PORT for all addresses
  size_t connections_max = base::kHttpConnectionsMax;
  LaneThreads threads;
  int64_t idle_ms = base::kHttpIdleMs;  // also how long a client may take for one request
  int64_t check_ms = 500;               // how often that is looked after
  int64_t stop_ms = base::kHttpStopMs;  // how long stop() lets running requests go on
};

// Serves HTTP/1.1 until stop(). start() and stop(): one thread, in this order.
class Server {
 public:
  // `router` must outlive the server.
  Server(const Router& router, ServerOptions options);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serving when it returns. Error: "cannot listen on 127.0.0.1:9090: address already in use".
  Result<void> start();
  // After start(): the port, also where the options said 0.
  uint16_t port() const;
  // Accepts no more, lets running requests finish for stop_ms, then cancels them, closes all
  // connections and returns when every handler has. A second call does nothing.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gnomon::http
