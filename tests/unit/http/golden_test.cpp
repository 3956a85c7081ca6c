// testdata/http/*.txt: requests and the very bytes of their answers, but for the Date. Every file
// has a store of its own, and a clock that stands at 1700000000. GNOMON_UPDATE=1 rewrites the
// answers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "http/server.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/unit/http/client.h"
#include "tests/unit/http/one_tenant.h"

namespace gnomon::http {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

class TestServer {
 public:
  TestServer() {
    one_.server.now_ms = [] { return kNowMs; };
    one_.server.start_ms = kNowMs - 60'000;
    one_.server.build.gnomon_version = "1.2.3";
    one_.server.build.revision = "abc";
    one_.server.storage_retention = "15d";
    one_.server.admin_api = true;
    one_.server.flags = {{"query.timeout", "2m"}, {"log.level", "info"}};
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    server_.emplace(one_.router, options);
    EXPECT_TRUE(server_->start().ok());
  }
  uint16_t port() const { return server_->port(); }

 private:
  storage::MemoryStore store_;
  OneTenant one_{store_};
  std::optional<Server> server_;
};

// A file is a sequence of
//   ==== what this shows
//   METHOD target
//   Header: value
//
//   body
//   ----
//   the answer
struct Exchange {
  std::string title;
  std::string request;
  std::string answer;
};

std::vector<Exchange> read_exchanges(const std::string& path) {
  std::vector<Exchange> exchanges;
  std::ifstream in(path);
  std::string line;
  std::string* to = nullptr;
  while (std::getline(in, line)) {
    if (line.starts_with("====")) {
      exchanges.push_back({line, "", ""});
      to = &exchanges.back().request;
    } else if (line == "----") {
      to = &exchanges.back().answer;
    } else {
      *to += line + '\n';
    }
  }
  return exchanges;
}

// The request as it goes over the wire. A body's last newline stays, unless it is a form.
std::string wire_text(const std::string& request) {
  size_t head_end = request.find("\n\n");
  std::string head = request.substr(0, head_end);
  std::string body = head_end == std::string::npos ? "" : request.substr(head_end + 2);
  if (head.ends_with('\n')) head.pop_back();
  if (head.ends_with("form-urlencoded")) body.pop_back();
  std::string out;
  std::istringstream lines(head);
  std::string line;
  std::getline(lines, line);
  out = line + " HTTP/1.1\r\nConnection: close\r\n";
  if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  while (std::getline(lines, line)) out += line + "\r\n";
  return out + "\r\n" + body;
}

std::string without(std::string answer, const std::string& header) {
  size_t begin = answer.find("\r\n" + header + ": ");
  if (begin == std::string::npos) return answer;
  return answer.erase(begin, answer.find("\r\n", begin + 2) - begin);
}

// The answer as it stands in the file: newlines only, and one at the end.
std::string file_text(std::string answer) {
  answer = without(without(std::move(answer), "Date"), "Connection");
  std::erase(answer, '\r');
  while (answer.ends_with('\n')) answer.pop_back();
  return answer + '\n';
}

class HttpGolden : public testing::TestWithParam<std::string> {};

TEST_P(HttpGolden, Answers) {
  TestServer server;
  std::string updated;
  bool update = std::getenv("GNOMON_UPDATE") != nullptr;
  for (const Exchange& exchange : read_exchanges(GetParam())) {
    Client client(server.port());
    client.send(wire_text(exchange.request));
    std::string answer = file_text(client.receive(exchange.request.starts_with("HEAD")));
    if (!update) {
      EXPECT_EQ(answer, exchange.answer) << exchange.title;
    }
    updated += exchange.title + '\n' + exchange.request + "----\n" + answer;
  }
  if (update) std::ofstream(GetParam()) << updated;
}

std::vector<std::string> golden_files() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(GNOMON_SOURCE_DIR "/testdata/http")) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Files, HttpGolden, testing::ValuesIn(golden_files()),
                         [](const auto& info) {
                           return std::filesystem::path(info.param).stem().string();
                         });

}  // namespace
}  // namespace gnomon::http
