#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gnomon {

// A port of this machine that passes everything on to another one, until it is frozen: then bytes
// go nowhere and no connection is closed, as with a server that vanished from its network.
class Relay {
 public:
  explicit Relay(uint16_t to) : to_(to), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in name = loopback(0);
    socklen_t size = sizeof(name);
    (void)bind(listener_, reinterpret_cast<const sockaddr*>(&name), size);
    (void)listen(listener_, 16);
    (void)getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
    port_ = ntohs(name.sin_port);
    thread_ = std::thread([this] { loop(); });
  }
  ~Relay() {
    ending_ = true;
    thread_.join();
    close(listener_);
    for (const auto& [a, b] : pairs_) {
      close(a);
      close(b);
    }
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  uint16_t port() const { return port_; }
  void freeze() { frozen_ = true; }

 private:
  static sockaddr_in loopback(uint16_t port) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(port);
    return name;
  }
  void loop() {
    while (!ending_) {
      if (frozen_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      std::vector<pollfd> fds = {{listener_, POLLIN, 0}};
      for (const auto& [a, b] : pairs_) {
        fds.push_back({a, POLLIN, 0});
        fds.push_back({b, POLLIN, 0});
      }
      if (poll(fds.data(), fds.size(), 5) <= 0 || frozen_) continue;
      for (size_t i = 0; i < pairs_.size(); ++i) {
        if (fds[1 + 2 * i].revents != 0) pass(pairs_[i].first, pairs_[i].second);
        if (fds[2 + 2 * i].revents != 0) pass(pairs_[i].second, pairs_[i].first);
      }
      if (fds[0].revents != 0) accept_one();
    }
  }
  void accept_one() {
    const int client = accept(listener_, nullptr, nullptr);
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in name = loopback(to_);
    (void)connect(server, reinterpret_cast<const sockaddr*>(&name), sizeof(name));
    pairs_.emplace_back(client, server);
  }
  static void pass(int from, int to) {
    char bytes[4096];
    const ssize_t size = recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (size > 0) (void)send(to, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
    if (size == 0) shutdown(to, SHUT_WR);
  }

  const uint16_t to_;
  const int listener_;
  uint16_t port_ = 0;
  std::atomic<bool> frozen_ = false;
  std::atomic<bool> ending_ = false;
  std::vector<std::pair<int, int>> pairs_;  // of the thread
  std::thread thread_;
};

}  // namespace gnomon
