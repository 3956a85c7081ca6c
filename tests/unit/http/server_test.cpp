#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "http/context.h"
#include "http/json.h"
#include "src/base/clock.h"
#include "tests/unit/base/no_new_threads.h"
#include "tests/unit/http/client.h"
#include "tests/unit/http/no_tenants.h"

namespace gnomon::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// What handlers and tests tell each other.
std::atomic<int> pieces_made{0};
std::atomic<bool> was_stopped{false};
std::atomic<bool> gate_reached{false};
std::atomic<bool> gate_open{false};

constexpr int kPieces = 400;
constexpr size_t kPieceBytes = 100'000;

Response echo(const Request& request, const ServerContext&) {
  std::string text(method_name(request.method));
  for (const auto& [name, value] : request.parameters.pairs) text += ' ' + name + '=' + value;
  return text_response(200, text + " body:" + std::to_string(request.body.size()));
}

class ManyPieces final : public BodyStream {
 public:
  bool next(std::string& out) override {
    out.append(kPieceBytes, static_cast<char>('a' + made_ % 26));
    ++pieces_made;
    return ++made_ < kPieces;
  }

 private:
  int made_ = 0;
};

Response stream_pieces(const Request&, const ServerContext&) {
  Response response = text_response(200, "");
  response.stream = std::make_unique<ManyPieces>();
  return response;
}

class BrokenPieces final : public BodyStream {
 public:
  bool next(std::string& out) override {
    if (made_++ > 1) throw std::bad_alloc();
    out.append(kPieceBytes, 'a');
    return true;
  }

 private:
  int made_ = 0;
};

Response stream_broken_pieces(const Request&, const ServerContext&) {
  Response response = text_response(200, "");
  response.stream = std::make_unique<BrokenPieces>();
  return response;
}

Response wait_for_stop(const Request& request, const ServerContext&) {
  gate_reached = true;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, request.stop, [] { return false; });
  was_stopped = true;
  return text_response(200, "stopped");
}

Response wait_for_gate(const Request&, const ServerContext&) {
  gate_reached = true;
  while (!gate_open) std::this_thread::sleep_for(milliseconds(1));
  return text_response(200, "done");
}

Response fail(const Request&, const ServerContext&) { throw std::bad_alloc(); }

constexpr Route kTestRoutes[] = {
    {"/admin", kPost, Lane::Read, Access::Admin, echo, base::kWriteBytesMax},
    {"/broken", kGet, Lane::Query, Access::Read, stream_broken_pieces},
    {"/echo", kGet | kPost | kHead, Lane::Read, Access::Read, echo},
    {"/fail", kGet, Lane::Read, Access::Read, fail},
    {"/gate", kGet, Lane::Read, Access::Read, wait_for_gate},
    {"/huge", kPost, Lane::Read, Access::Read, echo, base::kWriteBytesMax},
    {"/inline", kGet, Lane::Inline, Access::Read, echo},
    {"/large", kPost, Lane::Read, Access::Read, echo, 1 << 20},
    {"/stream", kGet, Lane::Query, Access::Read, stream_pieces},
    {"/wait", kGet, Lane::Query, Access::Read, wait_for_stop},
};
constexpr RouteTable kTestTables[] = {{"/", kTestRoutes}};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    pieces_made = 0;
    was_stopped = gate_reached = gate_open = false;
    context_.now_ms = base::now_ms;
    options_.listen = "127.0.0.1:0";
    options_.check_ms = 3'600'000;  // nothing may depend on it but deadlines
  }
  void start() {
    server_.emplace(router_, options_);
    auto started = server_->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  uint16_t port() const { return server_->port(); }
  static bool eventually(const std::atomic<bool>& flag) {
    for (int i = 0; i < 10'000 && !flag; ++i) std::this_thread::sleep_for(milliseconds(1));
    return flag;
  }

  ServerContext context_;
  NoTenants no_tenants_;
  Router router_{kTestTables, context_, no_tenants_};
  ServerOptions options_;
  std::optional<Server> server_;
};

TEST_F(ServerTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  Client client(port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /echo?a=1&b=x%20y HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string answer = client.receive();
    EXPECT_EQ(status_of(answer), "200");
    EXPECT_EQ(body_of(answer), "GET a=1 b=x y body:0");
    EXPECT_EQ(header_of(answer, "Connection"), "");
    EXPECT_NE(header_of(answer, "Date"), "");
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Client client(port());
  std::string requests;
  constexpr int kRequests = 100;  // several times what is read ahead
  for (int i = 0; i < kRequests; ++i) {
    // Both lanes: a slow answer must not be overtaken by a fast one.
    requests += i % 2 == 0 ? "GET /echo?n=" : "GET /inline?n=";
    requests += std::to_string(i) + " HTTP/1.1\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < kRequests; ++i) {
    EXPECT_EQ(body_of(client.receive()), "GET n=" + std::to_string(i) + " body:0");
  }
}

TEST_F(ServerTest, RequestsMayArriveByteByByte) {
  start();
  Client client(port());
  std::string form = "a=1&b=2";
  std::string request =
      "POST /echo?b=3 HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 7\r\n\r\n" +
      form;
  for (char c : request) client.send(std::string_view(&c, 1));
  EXPECT_EQ(body_of(client.receive()), "POST a=1 b=2 b=3 body:7");
}

TEST_F(ServerTest, ChunkedBodiesAreRead) {
  start();
  Client client(port());
  client.send(
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n"
      "0\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.receive()), "POST body:11");
  EXPECT_EQ(body_of(client.receive()), "GET body:0");
}

TEST_F(ServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
  start();
  Client client(port());
  client.send("POST /large HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_EQ(body_of(client.receive()), "POST body:4");
}

TEST_F(ServerTest, ARequestWithoutTheRightIsRefusedBeforeItsBodyComes) {
  start();
  Client client(port());
  client.send("POST /admin HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  const std::string answer = client.receive();
  EXPECT_EQ(status_of(answer), "500");
  EXPECT_EQ(body_of(answer), "admin APIs disabled\n");
  EXPECT_TRUE(client.closed());
  Client without_body(port());
  without_body.send("POST /admin HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(without_body.receive()), "500");
  EXPECT_EQ(status_of(without_body.receive()), "200");
  context_.admin_api = true;
  Client allowed(port());
  allowed.send("POST /admin HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(body_of(allowed.receive()), "POST body:4");
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
  start();
  Client client(port());
  client.send("HEAD /echo HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
  std::string answer = client.receive(true);
  EXPECT_EQ(header_of(answer, "Content-Length"), "11");
  EXPECT_EQ(body_of(client.receive()), "GET body:0");
}

TEST_F(ServerTest, OldClientsAreAnsweredAndLeft) {
  start();
  Client client(port());
  client.send("GET /echo HTTP/1.0\r\n\r\n");
  std::string answer = client.receive_all();
  EXPECT_EQ(header_of(answer, "Connection"), "close");
  EXPECT_EQ(body_of(answer), "GET body:0");

  Client keeping(port());
  keeping.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(header_of(keeping.receive(), "Connection"), "keep-alive");

  Client streaming(port());
  streaming.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  answer = streaming.receive_all();
  EXPECT_EQ(header_of(answer, "Transfer-Encoding"), "");
  EXPECT_EQ(body_of(answer).size(), kPieces * kPieceBytes);
}

TEST_F(ServerTest, CloseIsObeyed) {
  start();
  Client client(port());
  client.send("GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(header_of(client.receive(), "Connection"), "close");
  EXPECT_TRUE(client.closed());
}

struct Refused {
  std::string request;
  std::string status;
  std::string text;
};

TEST_F(ServerTest, LimitsAreNamed) {
  start();
  std::string many = "GET /echo HTTP/1.1\r\n";
  while (many.size() < 2 * base::kHttpHeaderBytesMax)
    many += "X-Header: some value of a header\r\n";
  const Refused refusals[] = {
      {"GET /" + std::string(base::kHttpTargetBytesMax, 'x') + " HTTP/1.1\r\n\r\n", "414",
       "request target exceeds the limit of 1048576 bytes"},
      {many + "\r\n", "431", "request header exceeds the limit of 65536 bytes"},
      {"POST /large HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", "413",
       "request body exceeds the limit of 1048576 bytes"},
      {"POST /large HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", "413",
       "request body exceeds the limit of 1048576 bytes"},
      {"POST /echo HTTP/1.1\r\nContent-Length: 99999999999999999\r\n\r\n", "413",
       "request body exceeds the limit"},
      {"NONSENSE\r\n\r\n", "400", "400 Bad Request"},
      {"GET /echo HTTP/1.1\r\nno colon\r\n\r\n", "400", "400 Bad Request"},
  };
  for (const Refused& refused : refusals) {
    Client client(port());
    client.send(refused.request);
    std::string answer = client.receive();
    EXPECT_EQ(status_of(answer), refused.status) << refused.text;
    EXPECT_THAT(body_of(answer), HasSubstr(refused.text));
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(ServerTest, LongTargetsAreServed) {
  start();
  Client client(port());
  std::string value(base::kHttpTargetBytesMax - 100, 'v');
  client.send("GET /echo?a=" + value + " HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.receive()), "GET a=" + value + " body:0");
}

TEST_F(ServerTest, ABodyAtTheLimitIsAccepted) {
  start();
  Client client(port());
  client.send("POST /large HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n" +
              std::string(1 << 20, 'b'));
  EXPECT_EQ(body_of(client.receive()), "POST body:1048576");
}

TEST_F(ServerTest, ABodyThatFillsTheReadAheadDelaysTheNextRequestOnly) {
  start();
  Client client(port());
  for (int i = 0; i < 2; ++i) {
    client.send("POST /huge HTTP/1.1\r\nContent-Length: " + std::to_string(base::kWriteBytesMax) +
                "\r\n\r\n" + std::string(base::kWriteBytesMax, 'b') + "GET /echo HTTP/1.1\r\n\r\n");
    EXPECT_EQ(body_of(client.receive()), "POST body:" + std::to_string(base::kWriteBytesMax));
    EXPECT_EQ(body_of(client.receive()), "GET body:0");
  }
}

TEST_F(ServerTest, AThrowingHandlerIsAnInternalError) {
  start();
  Client client(port());
  client.send("GET /fail HTTP/1.1\r\n\r\n");
  std::string answer = client.receive();
  EXPECT_EQ(status_of(answer), "500");
  EXPECT_EQ(body_of(answer), "std::bad_alloc\n");
}

TEST_F(ServerTest, AStreamThatThrowsEndsItsConnectionOnly) {
  start();
  Client client(port());
  client.send("GET /broken HTTP/1.1\r\n\r\n");
  const std::string answer = client.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(answer.ends_with("0\r\n\r\n"));
  Client other(port());
  other.send("GET /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(other.receive()), "GET body:0");
}

TEST_F(ServerTest, StreamsArriveWhole) {
  start();
  Client client(port());
  client.send("GET /stream HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
  std::string body = body_of(client.receive());
  ASSERT_EQ(body.size(), kPieces * kPieceBytes);
  for (int piece = 0; piece < kPieces; ++piece) {
    size_t at = static_cast<size_t>(piece) * kPieceBytes;
    EXPECT_EQ(body[at], 'a' + piece % 26);
    EXPECT_EQ(body[at + kPieceBytes - 1], 'a' + piece % 26);
  }
  EXPECT_EQ(body_of(client.receive()), "GET body:0");
}

TEST_F(ServerTest, AClientThatDoesNotReadHoldsUpItsStreamOnly) {
  options_.threads.query = 1;
  start();
  Client slow(port(), 4096);
  slow.send("GET /stream HTTP/1.1\r\n\r\n");
  int made = -1;
  while (made != pieces_made) {  // until no more is made
    made = pieces_made;
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_GT(made, 0);
  EXPECT_LT(made, kPieces / 2);  // some MB wait in the kernel's buffers

  Client other(port());
  other.send("GET /stream HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(other.receive()).size(), kPieces * kPieceBytes);
  EXPECT_EQ(body_of(slow.receive()).size(), kPieces * kPieceBytes);
}

TEST_F(ServerTest, AClientThatGoesAwayCancelsItsRequest) {
  start();
  {
    Client client(port());
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(eventually(gate_reached));
    EXPECT_FALSE(was_stopped);
  }
  EXPECT_TRUE(eventually(was_stopped));
}

TEST_F(ServerTest, ALastRequestIsCancelledToo) {
  start();
  {
    Client client(port());
    client.send("GET /wait HTTP/1.1\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(eventually(gate_reached));
  }
  EXPECT_TRUE(eventually(was_stopped));
}

TEST_F(ServerTest, SlowRequestsDoNotDelayOthers) {
  options_.threads.query = 1;
  start();
  Client waiting(port());
  waiting.send("GET /wait HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually(gate_reached));
  Client other(port());
  other.send("GET /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(other.receive()), "GET body:0");
  waiting.close();
}

TEST_F(ServerTest, ARequestForWhichNoThreadCanBeStartedIsRefused) {
  start();
  Client client(port());
  {
    const base::NoNewThreads none;
    client.send("GET /echo HTTP/1.1\r\n\r\n");
    const std::string answer = client.receive();
    EXPECT_EQ(status_of(answer), "503");
    EXPECT_THAT(body_of(answer), HasSubstr("cannot start a thread"));
    EXPECT_TRUE(client.closed());
    Client at_once(port());
    at_once.send("GET /inline HTTP/1.1\r\n\r\n");
    EXPECT_EQ(status_of(at_once.receive()), "200");
  }
  Client later(port());
  later.send("GET /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(later.receive()), "200");
}

TEST_F(ServerTest, SilentConnectionsAreClosed) {
  options_.idle_ms = 100;
  options_.check_ms = 50;
  start();
  Client silent(port());
  Client half(port());
  half.send("GET /echo HTTP/1.1\r\n");
  Client answered(port());
  answered.send("GET /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(answered.receive()), "200");
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(half.closed());
  EXPECT_TRUE(answered.closed());
}

TEST_F(ServerTest, TooManyConnectionsAreRefused) {
  options_.connections_max = 2;
  start();
  Client first(port()), second(port());
  for (Client* client : {&first, &second}) {
    client->send("GET /echo HTTP/1.1\r\n\r\n");
    EXPECT_EQ(status_of(client->receive()), "200");
  }
  Client third(port());
  std::string answer = third.receive();
  EXPECT_EQ(status_of(answer), "503");
  EXPECT_THAT(body_of(answer), HasSubstr("the limit is 2 (--web.max-connections)"));
  EXPECT_TRUE(third.closed());
}

TEST_F(ServerTest, ManyClientsAtOnce) {
  start();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([this, &right, t] {
      Client client(port());
      for (int i = 0; i < 50; ++i) {
        std::string name = std::to_string(t) + "_" + std::to_string(i);
        client.send("GET /echo?n=" + name + " HTTP/1.1\r\n\r\n");
        right += body_of(client.receive()) == "GET n=" + name + " body:0";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 16 * 50);
}

TEST_F(ServerTest, StopLetsRunningRequestsFinish) {
  start();
  Client running(port());
  running.send("GET /gate HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually(gate_reached));
  Client idle(port());
  std::thread stopping([this] { server_->stop(); });
  EXPECT_TRUE(idle.closed());
  gate_open = true;
  std::string answer = running.receive();
  EXPECT_EQ(body_of(answer), "done");
  EXPECT_EQ(header_of(answer, "Connection"), "close");
  stopping.join();
  Client late(port());
  late.send("GET /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(late.receive(), "");
}

TEST_F(ServerTest, StopCancelsWhatDoesNotFinish) {
  options_.stop_ms = 50;
  start();
  Client client(port());
  client.send("GET /wait HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually(gate_reached));
  server_->stop();
  EXPECT_TRUE(was_stopped);
}

TEST_F(ServerTest, ListenErrorsSayWhatIsWrong) {
  start();
  struct Case {
    std::string listen, error;
  };
  std::string taken = "127.0.0.1:" + std::to_string(port());
  const Case cases[] = {
      {taken, "cannot listen on " + taken + ": address already in use"},
      {"127.0.0.1", "cannot listen on 127.0.0.1: not HOST:PORT"},
      {"127.0.0.1:99999", "cannot listen on 127.0.0.1:99999: not HOST:PORT"},
      {"127.0.0.1:x", "cannot listen on 127.0.0.1:x: not HOST:PORT"},
      {"192.0.2.1:1", "cannot listen on 192.0.2.1:1: cannot assign requested address"},
  };
  for (const Case& one : cases) {
    ServerOptions options;
    options.listen = one.listen;
    Server server(router_, options);
    auto started = server.start();
    ASSERT_FALSE(started.ok()) << one.listen;
    EXPECT_EQ(started.error().message, one.error);
  }
}

}  // namespace
}  // namespace gnomon::http
