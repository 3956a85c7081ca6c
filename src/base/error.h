#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gnomon::base {

// One to one with the errorType values of Prometheus' HTTP API. The mapping to HTTP status codes
// stands in http/json.cpp and nowhere else.
enum class ErrorKind : uint8_t {
  BadData,
  Execution,
  Canceled,
  Timeout,
  Internal,
  Unavailable,
  NotFound,
  NotAcceptable,
};

// Prometheus' spelling: "bad_data", "execution", ...
std::string_view error_kind_name(ErrorKind kind);

// An expected failure. The message is shown to the user as it is.
struct Error {
  ErrorKind kind = ErrorKind::Internal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

// What a stop token that fired makes of a call on a store.
Error canceled();

}  // namespace gnomon::base
