#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gnomon::http {

// A blocking client that sees the very bytes. Every wait ends after some seconds.
class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer_bytes = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes) const;
  // One answer with a Content-Length, or chunked (the chunks joined), or until the server closes.
  // "" when the server closed before. `head`: the answer has no body.
  std::string receive(bool head = false);
  // So many bytes, whatever they are; "" when the server closed before.
  std::string receive_raw(size_t bytes);
  // What else arrives until the server closes.
  std::string receive_all();
  // True when the server has closed, waiting for it.
  bool closed() { return receive_some() == 0; }
  void close();
  // Bytes received and not yet part of an answer.
  const std::string& pending() const { return input_; }

 private:
  size_t receive_some();
  bool receive_until(std::string_view mark);
  bool receive_bytes(size_t count);
  std::string take(size_t bytes);

  int socket_ = -1;
  std::string input_;
};

std::string status_of(std::string_view answer);  // "200"
std::string body_of(std::string_view answer);
std::string header_of(std::string_view answer, std::string_view name);  // "" when absent

}  // namespace gnomon::http
