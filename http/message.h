#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gnomon::http {

enum class Method : uint8_t { Get, Head, Post, Put, Delete, Patch, Options, Other };
std::string_view method_name(Method method);

struct Header {
  std::string name;
  std::string value;
};
using Headers = std::vector<Header>;

// The first header of that name, whatever its case; "" when there is none.
std::string_view find_header(const Headers& headers, std::string_view name);
bool equal_ignoring_case(std::string_view a, std::string_view b);

// Name and value pairs in the order of arrival, decoded. `error` is what was wrong with pairs that
// could not be decoded and were left out, in Go's words; "" when nothing was.
struct Parameters {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string error;

  std::string_view get(std::string_view name) const;  // the first; "" when absent
  std::vector<std::string_view> all(std::string_view name) const;
};
// Appends the pairs of "a=1&b=%20".
void decode_form(std::string_view text, Parameters& out);
// "%2F" -> "/"; false when an escape is broken. In a path '+' stands for itself.
bool decode_percent(std::string_view text, std::string& out);

// One request, complete with its body. Read-only for handlers.
struct Request {
  Method method = Method::Get;
  std::string target;          // as received
  std::string path;            // target up to '?', still escaped
  Parameters path_parameters;  // what stood for the placeholders of the route, decoded
  Parameters parameters;       // form body, then URL
  Headers headers;
  std::string body;
  int version = 11;      // 10 or 11
  std::string upgrade;   // the protocol that the client asks to speak from here on; "": HTTP
  std::stop_token stop;  // fired when the client goes away or the server must end

  std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

// An answer's body in pieces, made while the client takes them, so that memory stays bounded. One
// thread at a time, not always the same.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // Appends the next piece, about kHttpPieceBytes, to `out`; false when that was the last.
  virtual bool next(std::string& out) = 0;
};

class Upgrade;

struct Response {
  int status = 200;
  std::string content_type;  // "": no such header
  Headers headers;
  std::string body;                    // all of it, when there is no stream
  std::unique_ptr<BodyStream> stream;  // else; owns all it needs
  std::shared_ptr<Upgrade> upgrade;    // or takes over the connection; see accept_upgrade()
};

// A plain text answer.
Response text_response(int status, std::string text);

}  // namespace gnomon::http
