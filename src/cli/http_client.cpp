#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "http/tenant.h"
#include "src/base/text.h"
#include "src/cli/api_client.h"

namespace gnomon::cli {
namespace {

Error unavailable(std::string message) { return {ErrorKind::Unavailable, std::move(message)}; }

struct ServerUrl {
  std::string host;
  std::string port = "80";
  std::string prefix;
};

Result<ServerUrl> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) {
    return Error{ErrorKind::BadData,
                 "not a server's URL: " + base::quote(url) + "; write http://HOST:PORT"};
  }
  std::string_view rest = url.substr(kScheme.size());
  const size_t slash = rest.find('/');
  ServerUrl parsed;
  if (slash != rest.npos) parsed.prefix = rest.substr(slash);
  while (parsed.prefix.ends_with('/')) parsed.prefix.pop_back();
  rest = rest.substr(0, slash);
  const size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  const size_t colon = bracket == rest.npos ? rest.npos : rest.find(':', bracket);
  if (colon != rest.npos) {
    parsed.port = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  parsed.host = rest;
  if (parsed.host.empty() || parsed.port.empty()) {
    return Error{ErrorKind::BadData, "no host or port in " + base::quote(url)};
  }
  return parsed;
}

// A connected socket; closes itself.
class Connection {
 public:
  Connection() = default;
  Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Connection& operator=(Connection&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }

  static Result<Connection> open(const ServerUrl& url) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (const int code = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &list)) {
      return unavailable("cannot find " + url.host + ": " + gai_strerror(code));
    }
    Connection connection;
    int error = 0;
    for (const addrinfo* at = list; at != nullptr && connection.socket_ < 0; at = at->ai_next) {
      const int candidate = ::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, at->ai_protocol);
      if (candidate >= 0 && ::connect(candidate, at->ai_addr, at->ai_addrlen) == 0) {
        connection.socket_ = candidate;
      } else {
        error = errno;
        if (candidate >= 0) ::close(candidate);
      }
    }
    freeaddrinfo(list);
    if (connection.socket_ >= 0) return connection;
    return unavailable("cannot connect to " + url.host + ":" + url.port + ": " +
                       std::strerror(error));
  }

  Result<void> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return unavailable(std::string("cannot send: ") + std::strerror(errno));
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return {};
  }

  // Appends what has come; false at the end of the connection.
  Result<bool> read(std::string& out) {
    char buffer[1 << 16];
    while (true) {
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return unavailable(std::string("cannot receive: ") + std::strerror(errno));
      out.append(buffer, static_cast<size_t>(got));
      return got > 0;
    }
  }

 private:
  int socket_ = -1;
};

// Each request has a connection of its own and the answer ends with it ("Connection: close"): a
// command sends few requests, and large ones. Asked as HTTP/1.0 there is no chunked encoding.
class HttpClient : public ApiClient {
 public:
  HttpClient(ServerUrl url, std::string tenant)
      : url_(std::move(url)), tenant_(std::move(tenant)) {}

  Result<ApiResponse> post(std::string_view path, std::string_view content_type,
                           std::string body) override {
    std::string head =
        "POST " + url_.prefix + std::string(path) + " HTTP/1.0\r\nHost: " + url_.host + ":" +
        url_.port + "\r\nUser-Agent: gnomon\r\nContent-Type: " + std::string(content_type) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n";
    if (!tenant_.empty()) head += std::string(http::kTenantHeader) + ": " + tenant_ + "\r\n";
    head += "\r\n";
    TRY(Connection connection, Connection::open(url_));
    TRY_VOID(connection.write(head));
    // A server that refuses early closes its side: its answer says more than the failed write.
    const Result<void> sent = connection.write(body);
    std::string answer;
    while (true) {
      const Result<bool> more = connection.read(answer);
      if (!more.ok() && answer.empty()) return sent.ok() ? more.error() : sent.error();
      if (!more.ok() || !*more) break;
    }
    return split_answer(std::move(answer));
  }

 private:
  static Result<ApiResponse> split_answer(std::string answer) {
    ApiResponse response;
    const size_t end = answer.find("\r\n\r\n");
    const size_t space = answer.find(' ');
    if (!answer.starts_with("HTTP/1.") || end == std::string::npos || space > end) {
      return unavailable("the server's answer is not HTTP");
    }
    std::from_chars(answer.data() + space + 1, answer.data() + end, response.status);
    response.body = answer.substr(end + 4);
    return response;
  }

  ServerUrl url_;
  std::string tenant_;
};

}  // namespace

Result<std::unique_ptr<ApiClient>> connect_server(std::string_view url, std::string tenant) {
  TRY(ServerUrl parsed, parse_url(url));
  return std::unique_ptr<ApiClient>(
      std::make_unique<HttpClient>(std::move(parsed), std::move(tenant)));
}

std::string encode_form(const Form& form) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  const auto append = [&out](std::string_view text) {
    for (unsigned char c : text) {
      if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
        out.push_back(static_cast<char>(c));
      } else {
        out.append({'%', kHex[c >> 4], kHex[c & 15]});
      }
    }
  };
  for (const auto& [name, value] : form) {
    if (!out.empty()) out.push_back('&');
    append(name);
    out.push_back('=');
    append(value);
  }
  return out;
}

}  // namespace gnomon::cli
