#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "http/connection.h"
#include "http/message.h"
#include "http/request_parser.h"
#include "http/router.h"
#include "http/transport.h"

namespace gnomon::http {

// One connection that speaks HTTP/1. A reader takes requests off the transport, some ahead of their
// turn, and a server answers them in order; both are coroutines on the thread of the home. Only
// handlers, the making of answers and the first attempt to send one run on a worker, and then
// nothing else writes.
class Session final : public Connection {
 public:
  Session(std::unique_ptr<Transport> transport, Slot slot, Home& home);

  void start();
  // Refuses the connection with a 503 that says why.
  void start_refused(std::string reason);

  // No further request; closes at once when none is running.
  void stop() override;
  void cancel() override;
  void check_deadlines(Clock::time_point now) override;

 private:
  // One request and its answer while it is made.
  struct Exchange {
    Request request;
    RouteMatch match;
    size_t body_bytes = 0;  // of the request as it came
    bool refused = false;   // `response` was made by the reader
    bool keep_alive = true;
    bool chunked = false;
    bool may_upgrade = false;  // then nothing more is read until it has been answered
    Response response;
    std::stop_source stop;
  };
  using ExchangePtr = std::unique_ptr<Exchange>;
  struct StartOnPool;
  enum class Handover : uint8_t { Working, Finished, Awaited };

  boost::asio::awaitable<void> begin(std::shared_ptr<Connection> self);
  boost::asio::awaitable<void> read_requests();
  boost::asio::awaitable<ExchangePtr> read_request();
  boost::asio::awaitable<bool> fill();
  boost::asio::awaitable<void> discard_input();
  boost::asio::awaitable<void> wait_until_quiet();
  boost::asio::awaitable<bool> allow_body();
  boost::asio::awaitable<void> serve_requests(std::shared_ptr<Connection> self);
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> send_rest();
  boost::asio::awaitable<void> on_worker(void (Session::*work)());

  bool parse(RequestParser& parser);
  void check_header(RequestParser& parser, Exchange& to);
  Response too_large(Exchange& exchange) const;
  static void refuse(Exchange& exchange, Response response);
  bool has_room() const;
  void run(void (Session::*work)());
  void decline(void (Session::*work)());
  void make_answer();
  void make_piece();
  void send_now();
  void hand_back();
  void release_memory();
  void collect();
  void fire_stop();
  void finish();
  bool hand_over();

  boost::asio::steady_timer arrival_;  // cancelled when pending_ or reading_ changed
  boost::asio::steady_timer room_;     // cancelled when a request left pending_ or is done
  std::string input_;                  // bytes read and not yet parsed: [input_begin_, input_end_)
  size_t input_begin_ = 0, input_end_ = 0;
  std::deque<ExchangePtr> pending_;
  size_t pending_bytes_ = 0;
  ExchangePtr current_;
  std::string output_;
  size_t sent_ = 0;
  bool reading_ = true;
  bool waiting_for_room_ = false;  // the reader waits for a request to be done
  bool at_end_ = false;            // nothing more can be read
  // From the submission of work to the resumption of the serving coroutine. While it is Working or
  // Awaited a worker owns current_, output_ and sent_; once it is Finished, the I/O thread does.
  bool working_ = false;
  std::atomic<Handover> handover_{Handover::Working};
  std::function<void()> resume_;
  bool stopping_ = false;
  Clock::time_point progress_at_;   // a byte moved or a request was finished
  Clock::time_point request_at_{};  // the first byte of a request not yet complete; 0: none
  Clock::time_point closed_at_{};   // our side was shut down
};

}  // namespace gnomon::http
