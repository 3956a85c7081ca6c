#include "http/transport.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "tests/unit/http/client.h"

namespace gnomon::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// A client and the server's end of its connection; the I/O thread is that of the test.
class TransportTest : public testing::Test {
 protected:
  TransportTest() : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    client_.emplace(acceptor_.local_endpoint().port(), 4096);
    transport_ = plain_transport(acceptor_.accept());
  }
  // Runs it to its end.
  template <typename T>
  T run(asio::awaitable<T> work) {
    auto done = asio::co_spawn(context_, std::move(work), asio::use_future);
    context_.restart();
    context_.run();
    return done.get();
  }
  // What can be read now; "" at the end.
  std::string read() {
    std::array<char, 100> buffer{};
    const size_t bytes = run(transport_->read_some(buffer));
    return {buffer.data(), bytes};
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::optional<Client> client_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(TransportTest, BytesGoBothWaysUntilTheClientLeaves) {
  EXPECT_TRUE(run(transport_->handshake()));
  client_->send("hello");
  EXPECT_EQ(read(), "hello");
  EXPECT_EQ(transport_->write_now("you"), 3u);
  transport_->shutdown(Transport::Sides::Write);
  EXPECT_EQ(client_->receive_all(), "you");
  client_->close();
  EXPECT_EQ(read(), "");
}

TEST_F(TransportTest, ItSaysWhenItCanTakeNoMoreAndWhenItNeverWill) {
  const std::string piece(1 << 20, 'x');
  while (transport_->write_now(piece) != 0u) {
  }
  client_->close();
  run(transport_->wait_writable());
  EXPECT_EQ(transport_->write_now(piece), std::nullopt);
}

TEST_F(TransportTest, WritingAllWaitsForASlowClient) {
  const std::string text(8 << 20, 'y');
  std::jthread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(client_->receive_all(), text);
  });
  EXPECT_TRUE(run(write_all(*transport_, text)));
  transport_->shutdown(Transport::Sides::Both);
  EXPECT_EQ(read(), "");
}

}  // namespace
}  // namespace gnomon::http
