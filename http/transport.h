#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace gnomon::http {

// The two streams of bytes of one connection, however they travel. Its destructor closes it.
//
// All members run on the I/O thread of executor(), but write_now() may run on any one thread while
// nothing else writes; meanwhile the I/O thread may be in read_some() or shutdown(Both). After an
// end or an error of one direction that direction is over.
class Transport {
 public:
  enum class Sides : uint8_t { Write, Both };

  explicit Transport(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  const boost::asio::any_io_executor& executor() const { return executor_; }

  // What precedes the first byte; once, before all else. False: the connection is of no use.
  virtual boost::asio::awaitable<bool> handshake() = 0;
  // Waits for bytes and returns how many came; 0 at the end of the stream or on an error, and then
  // it must not be called again. One at a time. `to` must stay until it returns.
  virtual boost::asio::awaitable<size_t> read_some(std::span<char> to) = 0;
  // Takes what can be taken without waiting and returns how many bytes that were: 0 when none can
  // now, nothing when none ever will. Bytes taken are as good as sent: what a transport keeps back
  // it sends in wait_writable() and shutdown().
  virtual std::optional<size_t> write_now(std::string_view bytes) = 0;
  // Until write_now() takes bytes or fails.
  virtual boost::asio::awaitable<void> wait_writable() = 0;
  // Write: tells the client that nothing more comes. Both: also ends a read_some() that waits.
  virtual void shutdown(Sides sides) = 0;

 private:
  boost::asio::any_io_executor executor_;
};

// TCP as it is.
std::unique_ptr<Transport> plain_transport(boost::asio::ip::tcp::socket socket);

// Writes all of it, waiting where it must; false when the connection broke. On the I/O thread.
boost::asio::awaitable<bool> write_all(Transport& transport, std::string_view bytes);

}  // namespace gnomon::http
