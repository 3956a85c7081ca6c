#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "http/message.h"

namespace gnomon::http {

// Reads one HTTP/1 request off the bytes of a connection, straight into a Request. One thread.
class RequestParser {
 public:
  enum class Failure : uint8_t { None, Malformed, TargetTooLong, HeaderTooLong, BodyTooLong };

  // `request` must outlive it.
  explicit RequestParser(Request& request);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front and returns how many. Stops after the header, so that its reader can
  // decide about the body.
  size_t put(std::string_view bytes);
  // What put() left it takes only together with bytes to come.
  bool needs_more() const;
  bool header_done() const;
  bool done() const;
  // After header_done(): whether the client wants to go on with this connection.
  bool keep_alive() const;
  // After header_done(): whether it asks for another protocol ("Connection: Upgrade").
  bool upgrade() const;
  void limit_body(size_t bytes);
  // Other than None: put() must not be called again.
  Failure failure() const;
  // The answer to one that failed; not for BodyTooLong, which is for the route to answer.
  Response refusal() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gnomon::http
