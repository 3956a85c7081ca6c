#include "http/transport.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>

namespace gnomon::http {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(tcp::socket socket)
      : Transport(socket.get_executor()), socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }

  awaitable<bool> handshake() override { co_return true; }

  awaitable<size_t> read_some(std::span<char> to) override {
    error_code error;
    auto free = asio::buffer(to.data(), to.size());
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const size_t bytes = co_await socket_.async_read_some(free, token);
    co_return error ? 0 : bytes;
  }

  // Not by Asio, whose sockets are not for two threads at once.
  std::optional<size_t> write_now(std::string_view bytes) override {
    const ssize_t sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
    return std::nullopt;
  }

  awaitable<void> wait_writable() override {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await socket_.async_wait(tcp::socket::wait_write, token);
  }

  void shutdown(Sides sides) override {
    error_code ignored;
    socket_.shutdown(sides == Sides::Both ? tcp::socket::shutdown_both : tcp::socket::shutdown_send,
                     ignored);
  }

 private:
  tcp::socket socket_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(tcp::socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

awaitable<bool> write_all(Transport& transport, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::optional<size_t> taken = transport.write_now(bytes);
    if (!taken) co_return false;
    bytes.remove_prefix(*taken);
    if (*taken == 0) co_await transport.wait_writable();
  }
  co_return true;
}

}  // namespace gnomon::http
