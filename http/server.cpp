#include "http/server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <thread>
#include <vector>

#include "http/session.h"
#include "src/base/log.h"

namespace gnomon::http {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAcceptRetryAfter = std::chrono::milliseconds(50);

// One I/O thread with its connections.
struct Reactor {
  Reactor(const Router& router, const ServerOptions& options, Lanes& lanes)
      : context(1), work(context.get_executor()), home{router, options, lanes, {}, {}} {}

  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  Home home;
  std::thread thread;
};

Result<tcp::endpoint> resolve(asio::io_context& context, const std::string& listen) {
  auto failed = [&listen](const std::string& why) {
    return Error{ErrorKind::BadData, "cannot listen on " + listen + ": " + why};
  };
  size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return failed("not HOST:PORT");
  std::string host = listen.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  uint16_t port = 0;
  const char* end = listen.data() + listen.size();
  auto [at, bad] = std::from_chars(listen.data() + colon + 1, end, port);
  if (bad != std::errc() || at != end) return failed("not HOST:PORT");
  if (host.empty()) return tcp::endpoint(tcp::v4(), port);
  tcp::resolver resolver(context);
  error_code error;
  auto found = resolver.resolve(host, std::to_string(port), error);
  if (error || found.empty()) return failed(error.message());
  return found.begin()->endpoint();
}

std::string lower_first(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] |= 0x20;
  return text;
}

awaitable<void> sweep(Reactor& reactor) {
  asio::steady_timer timer(reactor.context);
  auto every = std::chrono::milliseconds(reactor.home.options.check_ms);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (true) {
    timer.expires_after(every);
    co_await timer.async_wait(token);
    auto now = Connection::Clock::now();
    for (Connection* connection : reactor.home.connections) connection->check_deadlines(now);
  }
}

}  // namespace

struct Server::State {
  State(const Router& router, ServerOptions given)
      : options(std::move(given)), lanes(options.threads) {
    size_t count = std::clamp<size_t>(std::thread::hardware_concurrency() / 4, 1, 4);
    for (size_t i = 0; i < count; ++i) {
      reactors.push_back(std::make_unique<Reactor>(router, options, lanes));
    }
  }

  Result<void> open();
  awaitable<void> accept();
  void admit(tcp::socket socket, Reactor& reactor);
  bool wait_for_connections(int64_t ms) const;
  void on_each_connection(void (Connection::*action)());

  ServerOptions options;
  std::atomic<size_t> connections{0};
  Lanes lanes;
  std::vector<std::unique_ptr<Reactor>> reactors;
  std::unique_ptr<tcp::acceptor> acceptor;
  bool running = false;
};

Result<void> Server::State::open() {
  auto& context = reactors.front()->context;
  TRY(tcp::endpoint endpoint, resolve(context, options.listen));
  acceptor = std::make_unique<tcp::acceptor>(context);
  error_code error;
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  acceptor.reset();
  return Error{ErrorKind::Unavailable,
               "cannot listen on " + options.listen + ": " + lower_first(error.message())};
}

awaitable<void> Server::State::accept() {
  asio::steady_timer pause(reactors.front()->context);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  for (size_t turn = 0; acceptor->is_open(); ++turn) {
    Reactor& reactor = *reactors[turn % reactors.size()];
    tcp::socket socket = co_await acceptor->async_accept(reactor.context, token);
    if (!acceptor->is_open()) break;
    if (error) {
      // Most likely too many open files: others may close soon.
      base::log(base::LogLevel::Warn, "cannot accept a connection: " + error.message());
      pause.expires_after(kAcceptRetryAfter);
      co_await pause.async_wait(token);
      continue;
    }
    admit(std::move(socket), reactor);
  }
}

void Server::State::admit(tcp::socket socket, Reactor& reactor) {
  bool room = connections++ < options.connections_max;
  auto slot = std::make_shared<Slot>(connections);
  auto shared = std::make_shared<tcp::socket>(std::move(socket));
  asio::post(reactor.context, [this, shared, slot, &reactor, room] {
    auto session = std::make_shared<Session>(plain_transport(std::move(*shared)), std::move(*slot),
                                             reactor.home);
    if (room) {
      session->start();
    } else {
      session->start_refused("too many connections: the limit is " +
                             std::to_string(options.connections_max) +
                             " (--web.max-connections)\n");
    }
    // It came while the server was being stopped, after the others had been told.
    if (reactor.home.stopping) session->stop();
  });
}

void Server::State::on_each_connection(void (Connection::*action)()) {
  for (auto& reactor : reactors) {
    asio::post(reactor->context, [&home = reactor->home, action] {
      for (Connection* connection : home.connections) (connection->*action)();
    });
  }
}

// True when none is left; waits no longer than `ms`, for ever when negative.
bool Server::State::wait_for_connections(int64_t ms) const {
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (connections > 0) {
    if (ms >= 0 && std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

Server::Server(const Router& router, ServerOptions options)
    : state_(std::make_unique<State>(router, std::move(options))) {}

Server::~Server() { stop(); }

Result<void> Server::start() {
  TRY_VOID(state_->open());
  State& state = *state_;
  asio::co_spawn(state.reactors.front()->context, state.accept(), asio::detached);
  for (auto& reactor : state.reactors) {
    asio::co_spawn(reactor->context, sweep(*reactor), asio::detached);
    reactor->thread = std::thread([&context = reactor->context] { context.run(); });
  }
  state.running = true;
  return {};
}

uint16_t Server::port() const {
  error_code ignored;
  return state_->acceptor ? state_->acceptor->local_endpoint(ignored).port() : 0;
}

void Server::stop() {
  State& state = *state_;
  if (!state.running) return;
  state.running = false;
  for (auto& reactor : state.reactors) reactor->home.stopping = true;
  asio::post(state.reactors.front()->context, [&state] {
    error_code ignored;
    state.acceptor->close(ignored);
  });
  state.on_each_connection(&Connection::stop);
  if (!state.wait_for_connections(state.options.stop_ms)) {
    state.on_each_connection(&Connection::cancel);
    state.wait_for_connections(-1);
  }
  for (auto& reactor : state.reactors) {
    reactor->context.stop();
    reactor->thread.join();
  }
}

}  // namespace gnomon::http
