// Connections that a handler takes over, with a protocol that sends back what it gets.
#include "http/upgrade.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "http/context.h"
#include "http/server.h"
#include "src/base/clock.h"
#include "tests/unit/http/client.h"
#include "tests/unit/http/no_tenants.h"

namespace gnomon::http {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

std::atomic<int> ended{0};

class Echo final : public Upgrade {
 public:
  explicit Echo(bool obeys_stop) : obeys_stop_(obeys_stop) {}

  awaitable<void> run(Transport& transport, std::string bytes, std::stop_token stop) override {
    const std::stop_callback goodbye(stop, [&] {
      if (!obeys_stop_) return;
      transport.write_now("bye");
      transport.shutdown(Transport::Sides::Both);
    });
    bool written = co_await write_all(transport, bytes);
    while (written) {
      bytes.resize(4096);
      const size_t got = co_await transport.read_some(bytes);
      if (got == 0) break;
      bytes.resize(got);
      written = co_await write_all(transport, bytes);
    }
    ++ended;
  }

 private:
  const bool obeys_stop_;
};

Response echo(const Request& request, const ServerContext&) {
  if (request.upgrade != "echo" && request.upgrade != "stubborn") {
    return text_response(400, "what protocol?\n");
  }
  return accept_upgrade(request.upgrade, std::make_shared<Echo>(request.upgrade == "echo"));
}

Response always(const Request&, const ServerContext&) {
  return accept_upgrade("echo", std::make_shared<Echo>(true));
}

Response plain(const Request&, const ServerContext&) { return text_response(200, "plain"); }

constexpr Route kTestRoutes[] = {
    {"/always", kGet, Lane::Live, Access::Read, always, 0, true},
    {"/echo", kGet, Lane::Live, Access::Read, echo, 0, true},
    {"/plain", kGet, Lane::Inline, Access::Read, plain},
};
constexpr RouteTable kTestTables[] = {{"/", kTestRoutes}};

std::string ask_for(const std::string& protocol) {
  return "GET /echo HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: " + protocol + "\r\n\r\n";
}
const std::string kPlain = "GET /plain HTTP/1.1\r\n\r\n";

class UpgradeTest : public testing::Test {
 protected:
  void SetUp() override {
    ended = 0;
    context_.now_ms = base::now_ms;
    options_.listen = "127.0.0.1:0";
    options_.check_ms = 20;
  }
  void start() {
    server_.emplace(router_, options_);
    ASSERT_TRUE(server_->start().ok());
  }
  uint16_t port() const { return server_->port(); }
  // Its protocol runs when this returns.
  static void upgrade(Client& client, const std::string& protocol) {
    client.send(ask_for(protocol) + "x");
    EXPECT_EQ(status_of(client.receive()), "101");
    EXPECT_EQ(client.receive_raw(1), "x");
  }
  static bool eventually_ended(int count) {
    for (int i = 0; i < 10'000 && ended < count; ++i) std::this_thread::sleep_for(milliseconds(1));
    return ended == count;
  }

  ServerContext context_;
  NoTenants no_tenants_;
  Router router_{kTestTables, context_, no_tenants_};
  ServerOptions options_;
  std::optional<Server> server_;
};

TEST_F(UpgradeTest, TheConnectionSpeaksTheNewProtocolFromTheFirstByteOn) {
  start();
  Client client(port());
  client.send(kPlain + ask_for("echo") + "early");
  EXPECT_EQ(body_of(client.receive()), "plain");
  const std::string answer = client.receive();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << answer;
  EXPECT_EQ(header_of(answer, "Connection"), "Upgrade");
  EXPECT_EQ(header_of(answer, "Upgrade"), "echo");
  EXPECT_EQ(header_of(answer, "Content-Length"), "");
  EXPECT_EQ(client.receive_raw(5), "early");
  for (const std::string text : {"GET ", "/plain HTTP/1.1\r\n\r\n"}) {
    client.send(text);
    EXPECT_EQ(client.receive_raw(text.size()), text);
  }
}

TEST_F(UpgradeTest, ARefusedOneStaysWithHttp) {
  start();
  Client client(port());
  client.send(ask_for("other") + kPlain);
  EXPECT_EQ(status_of(client.receive()), "400");
  EXPECT_EQ(body_of(client.receive()), "plain");
}

TEST_F(UpgradeTest, OnlyARequestThatAsksForItIsUpgraded) {
  start();
  Client client(port());
  client.send("GET /always HTTP/1.1\r\nUpgrade: echo\r\n\r\n" + kPlain);
  EXPECT_EQ(status_of(client.receive()), "426");
  EXPECT_EQ(body_of(client.receive()), "plain");
  Client old(port());
  old.send("GET /always HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  EXPECT_EQ(status_of(old.receive()), "426");
}

TEST_F(UpgradeTest, EndsWithItsClient) {
  start();
  Client stays(port());
  upgrade(stays, "echo");
  {
    Client client(port());
    upgrade(client, "echo");
  }
  EXPECT_TRUE(eventually_ended(1));
  stays.send("x");
  EXPECT_EQ(stays.receive_raw(1), "x");
}

TEST_F(UpgradeTest, IsToldThatTheServerStops) {
  options_.stop_ms = 20'000;
  start();
  Client client(port());
  upgrade(client, "echo");
  const auto begin = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(client.receive_all(), "bye");
  EXPECT_EQ(ended, 1);
}

TEST_F(UpgradeTest, IsCutOffWhenItDoesNotStopInTime) {
  options_.stop_ms = 50;
  start();
  Client client(port());
  upgrade(client, "stubborn");
  server_->stop();
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(ended, 1);
}

TEST_F(UpgradeTest, AClientThatDoesNotReadIsWaitedForByItsOwnConnectionOnly) {
  start();
  Client slow(port(), 4096);
  upgrade(slow, "echo");
  const std::string text(32 << 20, 'x');
  std::thread sender([&] { slow.send(text); });
  std::this_thread::sleep_for(milliseconds(100));
  Client other(port());
  other.send(kPlain);
  EXPECT_EQ(body_of(other.receive()), "plain");
  EXPECT_EQ(slow.receive_raw(text.size()), text);
  sender.join();
}

TEST_F(UpgradeTest, ASlowClientDoesNotKeepTheServerFromStopping) {
  options_.stop_ms = 50;
  start();
  Client slow(port(), 4096);
  upgrade(slow, "stubborn");
  std::thread sender([&] { slow.send(std::string(32 << 20, 'x')); });
  std::this_thread::sleep_for(milliseconds(100));
  server_->stop();
  sender.join();
  EXPECT_EQ(ended, 1);
}

TEST_F(UpgradeTest, CountsAsAConnection) {
  options_.connections_max = 1;
  start();
  {
    Client client(port());
    upgrade(client, "echo");
    Client second(port());
    EXPECT_EQ(status_of(second.receive()), "503");
    client.send("x");
    EXPECT_EQ(client.receive_raw(1), "x");
  }
  std::string status;
  for (int i = 0; i < 1000 && status != "200"; ++i) {
    Client third(port());
    third.send(kPlain);
    status = status_of(third.receive());
  }
  EXPECT_EQ(status, "200");
}

TEST_F(UpgradeTest, MayBeSilentForLong) {
  options_.idle_ms = 60;
  start();
  Client client(port());
  upgrade(client, "echo");
  std::this_thread::sleep_for(milliseconds(300));
  client.send("x");
  EXPECT_EQ(client.receive_raw(1), "x");
}

}  // namespace
}  // namespace gnomon::http
