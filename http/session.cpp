#include "http/session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cstdlib>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "http/response_head.h"
#include "http/upgrade.h"
#include "src/base/log.h"

namespace gnomon::http {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;

namespace {

constexpr size_t kReadBytes = 64u << 10;

// What a body sent to this route may measure.
size_t body_bytes_max(const Route* route) {
  bool form = route == nullptr || route->body_bytes_max == 0;
  return form ? base::kHttpFormBytesMax : route->body_bytes_max;
}

bool announces_more_than(const Request& request, size_t bytes) {
  std::string length(request.header("Content-Length"));
  return !length.empty() && std::strtoull(length.c_str(), nullptr, 10) > bytes;
}

}  // namespace

Session::Session(std::unique_ptr<Transport> transport, Slot slot, Home& home)
    : Connection(std::move(transport), std::move(slot), home),
      arrival_(transport_->executor(), Clock::time_point::max()),
      room_(transport_->executor(), Clock::time_point::max()),
      progress_at_(Clock::now()) {}

void Session::start() {
  auto begun = begin(shared_from_this());
  asio::co_spawn(transport_->executor(), std::move(begun), asio::detached);
}

void Session::start_refused(std::string reason) {
  auto exchange = std::make_unique<Exchange>();
  refuse(*exchange, text_response(503, std::move(reason)));
  pending_.push_back(std::move(exchange));
  reading_ = false;
  start();
}

awaitable<void> Session::begin(std::shared_ptr<Connection> self) {
  const bool usable = co_await transport_->handshake();
  if (!usable) co_return;
  auto server = serve_requests(self);
  asio::co_spawn(transport_->executor(), std::move(server), asio::detached);
  if (reading_) co_await read_requests();
}

// ---- reader

bool Session::has_room() const {
  return pending_.size() < base::kHttpPipelineMax && pending_bytes_ < base::kWriteBytesMax;
}

// Reads more input; false at the end of the stream or on an error, and then never to be called
// again: Asio waits for news of the socket, and there will be none.
awaitable<bool> Session::fill() {
  if (input_begin_ == input_end_) input_begin_ = input_end_ = 0;
  if (input_.size() - input_end_ < kReadBytes / 4) {
    input_.erase(0, input_begin_);
    input_end_ -= input_begin_;
    input_begin_ = 0;
    input_.resize(std::max(input_end_ * 2, kReadBytes));
  }
  std::span<char> free(input_.data() + input_end_, input_.size() - input_end_);
  size_t bytes = co_await transport_->read_some(free);
  progress_at_ = Clock::now();
  input_end_ += bytes;
  at_end_ = bytes == 0;
  co_return !at_end_;
}

awaitable<void> Session::wait_until_quiet() {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  waiting_for_room_ = true;
  while ((current_ || !pending_.empty()) && !stopping_) {
    collect();
    co_await room_.async_wait(token);
  }
  waiting_for_room_ = false;
}

// Answers "Expect: 100-continue"; only when no other answer is being written.
awaitable<bool> Session::allow_body() {
  co_await wait_until_quiet();
  bool written = co_await write_all(*transport_, "HTTP/1.1 100 Continue\r\n\r\n");
  co_return written;
}

// The next request, whole; one with `refused` when it is not to be served; null at the end.
awaitable<Session::ExchangePtr> Session::read_request() {
  auto exchange = std::make_unique<Exchange>();
  Exchange& to = *exchange;
  RequestParser parser(to.request);
  bool header_checked = false;
  while (!parser.done()) {
    bool more_needed = !parse(parser);
    if (parser.failure() != RequestParser::Failure::None) {
      bool too_long = parser.failure() == RequestParser::Failure::BodyTooLong;
      refuse(to, too_long ? too_large(to) : parser.refusal());
      co_return exchange;
    }
    if (parser.header_done() && !header_checked) {
      header_checked = true;
      check_header(parser, to);
      if (to.refused) co_return exchange;
      bool waits = equal_ignoring_case(to.request.header("Expect"), "100-continue") &&
                   input_begin_ == input_end_ && !parser.done();
      if (waits) {
        bool allowed = co_await allow_body();
        if (!allowed) co_return nullptr;
      }
    }
    if (parser.done()) break;
    if (!more_needed && input_begin_ < input_end_) continue;
    bool more = co_await fill();
    if (!more) co_return nullptr;
  }
  to.keep_alive = parser.keep_alive();
  co_return exchange;
}

// Finds the route and decides whether the body may come.
void Session::check_header(RequestParser& parser, Exchange& to) {
  to.match = home_.router.find(to.request);
  const Route* route = to.match.route;
  bool asks = parser.upgrade() && to.request.version >= 11;
  if (asks) to.request.upgrade = to.request.header("Upgrade");
  to.may_upgrade = route != nullptr && route->upgrade && !to.request.upgrade.empty();
  parser.limit_body(body_bytes_max(route));
  bool denied = to.match.refusal && to.match.refusal->why == Refusal::Why::Access;
  if (denied && !parser.done()) {
    refuse(to, home_.router.respond(to.request, to.match));
  } else if (announces_more_than(to.request, body_bytes_max(route))) {
    refuse(to, too_large(to));
  }
}

// The header may not have been checked: a length that no route allows fails before that.
Response Session::too_large(Exchange& exchange) const {
  if (exchange.match.table == nullptr) exchange.match = home_.router.find(exchange.request);
  const size_t limit = body_bytes_max(exchange.match.route);
  return home_.router.refuse(
      exchange.match, {Refusal::Why::BodyTooLong,
                       {ErrorKind::BadData,
                        "request body exceeds the limit of " + std::to_string(limit) + " bytes"}});
}

// Hands what was read to the parser; false when it cannot go on without more input.
bool Session::parse(RequestParser& parser) {
  if (input_begin_ == input_end_) return false;
  if (request_at_ == Clock::time_point()) request_at_ = Clock::now();
  input_begin_ += parser.put({input_.data() + input_begin_, input_end_ - input_begin_});
  return !parser.needs_more();
}

awaitable<void> Session::read_requests() {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (reading_) {
    waiting_for_room_ = true;
    while (!has_room() && !stopping_) {
      collect();
      co_await room_.async_wait(token);
    }
    waiting_for_room_ = false;
    if (stopping_) break;
    ExchangePtr exchange = co_await read_request();
    request_at_ = Clock::time_point();
    if (!exchange) {
      fire_stop();
      break;
    }
    exchange->request.stop = exchange->stop.get_token();
    reading_ = exchange->keep_alive;
    exchange->body_bytes = exchange->request.body.size();
    pending_bytes_ += exchange->body_bytes;
    bool may_upgrade = exchange->may_upgrade;
    pending_.push_back(std::move(exchange));
    arrival_.cancel();
    collect();
    if (!may_upgrade) continue;
    co_await wait_until_quiet();
    if (!transport_) co_return;
  }
  reading_ = false;
  arrival_.cancel();
  collect();
  co_await discard_input();
}

// Until the client closes: to see it go while its last request runs, and so that closing with
// unread input does not destroy the answer under way. The deadlines bound it.
awaitable<void> Session::discard_input() {
  while (!at_end_) {
    input_begin_ = input_end_ = 0;
    co_await fill();
  }
  fire_stop();
}

// ---- server

// Runs `work` on a pool; hand_back() completes it on our thread.
struct Session::StartOnPool {
  base::WorkerPool* pool;
  Session* session;
  void (Session::*work)();

  template <typename CompletionHandler>
  void operator()(CompletionHandler&& handler) const {
    using Handler = std::decay_t<CompletionHandler>;
    auto done = std::make_shared<Handler>(std::forward<CompletionHandler>(handler));
    session->resume_ = [done] { (std::move(*done))(); };
    const bool submitted = pool->submit([start = *this] {
      start.session->run(start.work);
      start.session->hand_back();
    });
    if (submitted) return;
    session->decline(work);
    session->hand_back();
  }
};

awaitable<void> Session::on_worker(void (Session::*work)()) {
  StartOnPool start{&home_.lanes.of(current_->match.route->lane), this, work};
  auto token = asio::use_awaitable;
  working_ = true;
  bool expected = !pending_.empty() || waiting_for_room_ || !reading_ || stopping_;
  handover_ = expected ? Handover::Awaited : Handover::Working;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, token);
  working_ = false;
}

// On the worker, as the last thing it does with the session. When the whole answer is on its way
// and the connection stays, there is nothing to be done before something else happens to it:
// waking its thread only then saves two switches of threads for every request.
void Session::hand_back() {
  bool complete = sent_ == output_.size() && !current_->response.stream;
  if (complete) release_memory();
  bool can_wait =
      complete && current_->keep_alive && !current_->response.upgrade && !home_.stopping;
  auto expected = Handover::Working;
  if (can_wait && handover_.compare_exchange_strong(expected, Handover::Finished)) return;
  auto executor = transport_->executor();
  asio::post(executor, std::move(resume_));
}

// A connection that waits for its next request keeps no large buffers.
void Session::release_memory() {
  current_->request.body = std::string();
  current_->response.body = std::string();
  sent_ = 0;
  output_.clear();
  if (output_.capacity() > base::kHttpPieceBytes) output_.shrink_to_fit();
}

// Something happened that the serving coroutine must know of: wakes it, at once if its worker has
// finished, else when it does.
void Session::collect() {
  if (!working_) return;
  if (handover_.exchange(Handover::Awaited) != Handover::Finished) return;
  auto executor = transport_->executor();
  asio::post(executor, std::move(resume_));
}

awaitable<void> Session::serve_requests([[maybe_unused]] std::shared_ptr<Connection> self) {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  bool open = true;
  while (open) {
    while (pending_.empty() && reading_ && !stopping_) co_await arrival_.async_wait(token);
    if (pending_.empty() || stopping_) break;
    current_ = std::move(pending_.front());
    pending_.pop_front();
    open = co_await serve_one();
    if (open && current_->response.upgrade) open = hand_over();
    pending_bytes_ -= current_->body_bytes;
    current_.reset();
    progress_at_ = Clock::now();
    room_.cancel();
    if (!transport_) co_return;
  }
  finish();
}

// False when the connection must be closed.
awaitable<bool> Session::serve_one() {
  Exchange& exchange = *current_;
  output_.clear();
  sent_ = 0;
  bool at_once =
      exchange.refused || exchange.match.refusal || exchange.match.route->lane == Lane::Inline;
  if (at_once) {
    run(&Session::make_answer);
  } else {
    co_await on_worker(&Session::make_answer);
  }
  bool sent = co_await send_rest();
  while (sent && exchange.response.stream) {
    output_.clear();
    sent_ = 0;
    co_await on_worker(&Session::make_piece);
    sent = co_await send_rest();
  }
  co_return sent&& exchange.keep_alive;
}

// Writes what is left of output_.
awaitable<bool> Session::send_rest() {
  while (sent_ < output_.size()) {
    std::string_view rest = std::string_view(output_).substr(sent_);
    std::optional<size_t> taken = transport_->write_now(rest);
    if (!taken) co_return false;
    if (*taken == 0) co_await transport_->wait_writable();
    sent_ += *taken;
    progress_at_ = Clock::now();
  }
  co_return true;
}

// ---- on a worker, or at once on our own thread

// An answer that cannot be finished, as when memory runs out, ends with the connection: what was
// sent of it is not complete, and the client sees that.
void Session::run(void (Session::*work)()) {
  try {
    (this->*work)();
  } catch (const std::exception& exception) {
    base::log(base::LogLevel::Error, "an answer could not be finished",
              {{"path", current_->request.path}, {"err", exception.what()}});
    current_->response.stream.reset();
    current_->keep_alive = false;
    output_.clear();
    sent_ = 0;
  }
}

// No thread can be had for `work`: refuses the request, or ends an answer that has begun.
void Session::decline(void (Session::*work)()) {
  base::log(base::LogLevel::Error, "no thread for a request", {{"path", current_->request.path}});
  current_->keep_alive = false;
  if (work == &Session::make_piece) {
    current_->response.stream.reset();
    return;
  }
  current_->refused = true;
  current_->response = home_.router.refuse(
      current_->match,
      {Refusal::Why::Overload,
       {ErrorKind::Unavailable, "the server cannot start a thread for the request"}});
  run(&Session::make_answer);
}

void Session::make_answer() {
  Exchange& exchange = *current_;
  if (!exchange.refused) {
    exchange.response = home_.router.respond(exchange.request, exchange.match);
  }
  Response& response = exchange.response;
  if (response.upgrade && !exchange.may_upgrade) {
    response = text_response(426, "this path needs a request for another protocol\n");
  }
  if (home_.stopping && !response.upgrade) exchange.keep_alive = false;
  std::string piece;
  if (response.stream && !response.stream->next(piece)) {
    response.body = std::move(piece);
    response.stream.reset();
  }
  Framing framing = Framing::Length;
  if (response.stream) {
    exchange.chunked = exchange.request.version >= 11;
    exchange.keep_alive = exchange.keep_alive && exchange.chunked;
    framing = exchange.chunked ? Framing::Chunked : Framing::UntilClose;
  }
  append_head(output_, response, exchange.request.version, exchange.keep_alive, framing);
  if (exchange.request.method == Method::Head) {
    response.stream.reset();
  } else if (!response.stream) {
    output_ += response.body;
  } else if (!exchange.chunked) {
    output_ += piece;
  } else {
    size_t chunk = begin_chunk(output_);
    output_ += piece;
    end_chunk(output_, chunk);
  }
  send_now();
}

void Session::make_piece() {
  Exchange& exchange = *current_;
  size_t chunk = exchange.chunked ? begin_chunk(output_) : 0;
  bool more = exchange.response.stream->next(output_);
  if (exchange.chunked) end_chunk(output_, chunk);
  if (!more) {
    exchange.response.stream.reset();
    if (exchange.chunked) output_ += kLastChunk;
  }
  send_now();
}

// Sends what can be sent without waiting: the answer is on its way before the thread of the
// connection notices it. Meanwhile that thread neither writes nor closes.
void Session::send_now() { sent_ = transport_->write_now(output_).value_or(0); }

// ---- ending

// Answers instead of serving, and closes: what else comes cannot be told from a body.
void Session::refuse(Exchange& exchange, Response response) {
  exchange.response = std::move(response);
  exchange.refused = true;
  exchange.keep_alive = false;
}

void Session::fire_stop() {
  if (current_) current_->stop.request_stop();
  for (auto& exchange : pending_) exchange->stop.request_stop();
}

// Our side is done; the client's close ends the reader, or else a deadline. A server that stops
// does not wait for clients.
void Session::finish() {
  transport_->shutdown(home_.stopping ? Transport::Sides::Both : Transport::Sides::Write);
  closed_at_ = Clock::now();
  stopping_ = true;
  room_.cancel();
}

// The connection goes on as another one, and this object ends as soon as its coroutines have; false
// when the server stops. REQUIRES: no read_some() waits, as in an exchange that may upgrade.
bool Session::hand_over() {
  if (stopping_) return false;
  std::string input(input_, input_begin_, input_end_ - input_begin_);
  auto upgraded = std::make_shared<UpgradedConnection>(std::move(transport_), std::move(slot_),
                                                       home_, current_->response.upgrade);
  upgraded->start(std::move(input));
  return true;
}

void Session::stop() {
  stopping_ = true;
  arrival_.cancel();
  room_.cancel();
  collect();
}

// The transport itself stays open until both coroutines have ended: a worker may be sending.
void Session::cancel() {
  if (!transport_) return;
  fire_stop();
  transport_->shutdown(Transport::Sides::Both);
  stop();
}

void Session::check_deadlines(Clock::time_point now) {
  auto idle = std::chrono::milliseconds(home_.options.idle_ms);
  auto linger = std::chrono::milliseconds(base::kHttpLingerMs);
  bool lingers = closed_at_ != Clock::time_point();
  bool silent = !working_ && now - progress_at_ > idle;
  collect();
  bool trickles = request_at_ != Clock::time_point() && !current_ && now - request_at_ > idle;
  if (lingers ? now - closed_at_ > linger : silent || trickles) cancel();
}

}  // namespace gnomon::http
