#include "tests/unit/http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>

#include "http/message.h"

namespace gnomon::http {

Client::Client(uint16_t port, int receive_buffer_bytes) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  timeval patience{20, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer_bytes > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
}

Client::~Client() { close(); }

void Client::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void Client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

size_t Client::receive_some() {
  char buffer[64 << 10];
  ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
  if (got > 0) input_.append(buffer, static_cast<size_t>(got));
  return got > 0 ? static_cast<size_t>(got) : 0;
}

bool Client::receive_until(std::string_view mark) {
  while (input_.find(mark) == std::string::npos) {
    if (receive_some() == 0) return false;
  }
  return true;
}

bool Client::receive_bytes(size_t count) {
  while (input_.size() < count) {
    if (receive_some() == 0) return false;
  }
  return true;
}

std::string Client::take(size_t bytes) {
  std::string taken = input_.substr(0, bytes);
  input_.erase(0, bytes);
  return taken;
}

std::string Client::receive(bool head) {
  if (!receive_until("\r\n\r\n")) return "";
  std::string answer = take(input_.find("\r\n\r\n") + 4);
  std::string status = status_of(answer);
  if (head || status == "204" || status == "100" || status == "101") return answer;
  std::string length = header_of(answer, "Content-Length");
  if (!length.empty()) {
    size_t bytes = std::strtoull(length.c_str(), nullptr, 10);
    return receive_bytes(bytes) ? answer + take(bytes) : "";
  }
  if (header_of(answer, "Transfer-Encoding") != "chunked") return answer + receive_all();
  while (receive_until("\r\n")) {
    size_t line = input_.find("\r\n") + 2;
    size_t bytes = std::strtoull(input_.c_str(), nullptr, 16);
    if (!receive_bytes(line + bytes + 2)) return "";
    answer += take(line + bytes + 2).substr(line, bytes);
    if (bytes == 0) return answer;
  }
  return "";
}

std::string Client::receive_raw(size_t bytes) { return receive_bytes(bytes) ? take(bytes) : ""; }

std::string Client::receive_all() {
  while (receive_some() > 0) {
  }
  return take(input_.size());
}

std::string status_of(std::string_view answer) {
  return answer.size() < 12 ? "" : std::string(answer.substr(9, 3));
}

std::string body_of(std::string_view answer) {
  size_t end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : std::string(answer.substr(end + 4));
}

std::string header_of(std::string_view answer, std::string_view name) {
  std::string_view head = answer.substr(0, answer.find("\r\n\r\n"));
  while (!head.empty()) {
    size_t end = std::min(head.find("\r\n"), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    size_t colon = line.find(": ");
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
      return std::string(line.substr(colon + 2));
    }
  }
  return "";
}

}  // namespace gnomon::http
