#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "http/lanes.h"
#include "http/message.h"
#include "src/base/result.h"

namespace gnomon::http {

struct ServerContext;
struct TenantContext;

// The right that a request needs. Decided when its header is complete, before its body is read. A
// tenant comes to be by its first request with Write.
enum class Access : uint8_t { Public, Read, Write, Admin };

// What answers: for the server itself, or for the tenant whose data the request is about.
using ServerHandler = Response (*)(const Request& request, const ServerContext& server);
using TenantHandler = Response (*)(const Request& request, const TenantContext& tenant);
using Handler = std::variant<ServerHandler, TenantHandler>;

// Bits of Route::methods.
inline constexpr uint8_t kGet = 1;
inline constexpr uint8_t kPost = 2;
inline constexpr uint8_t kPut = 4;
inline constexpr uint8_t kHead = 8;
inline constexpr uint8_t kDelete = 16;
inline constexpr uint8_t kPatch = 32;

// One endpoint. Several may have the same path and different methods.
struct Route {
  std::string_view path;  // a pattern of RouteTree
  uint8_t methods = kGet;
  Lane lane = Lane::Read;
  Access access = Access::Read;
  Handler handler;
  size_t body_bytes_max = 0;  // 0: a form or nothing, up to kHttpFormBytesMax
  // The handler may take over the connection; until it answers, nothing sees its client leave.
  bool upgrade = false;
};

// Why the server itself refuses a request, before or instead of its handler.
struct Refusal {
  enum class Why : uint8_t {
    NoRoute,      // 404
    Method,       // 405
    Path,         // 400: a broken escape in a placeholder
    BodyTooLong,  // 413
    Access,       // the right is missing
    Tenant,       // not named, or its store cannot be opened
    Overload,     // 503: no thread could be started
    Failure,      // what no handler foresaw, such as memory running out
  };
  Why why = Why::Failure;
  Error error;
};

// The status of each kind of error, as Prometheus has it.
int http_status(base::ErrorKind kind);

// Says it in the words of one API.
using Dialect = Response (*)(const Refusal& refusal);

// As plain text, with the status above; the last three by the kind of error.
Response plain_refusal(const Refusal& refusal);

// The endpoints of one API.
struct RouteTable {
  std::string_view prefix;  // whose paths without a route are refused in this dialect
  std::span<const Route> routes;
  Dialect refuse = plain_refusal;
  bool cors = false;  // pages of other origins may ask
};

}  // namespace gnomon::http
