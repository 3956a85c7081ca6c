#include "http/route.h"

#include <iterator>

namespace gnomon::http {
namespace {

struct StatusRow {
  ErrorKind kind;
  int status;
};
// Prometheus answers "unavailable" with 500, too: 503 is only for a server that is not ready.
constexpr StatusRow kStatusTable[] = {
    {ErrorKind::BadData, 400},  {ErrorKind::Execution, 422},     {ErrorKind::Canceled, 499},
    {ErrorKind::Timeout, 503},  {ErrorKind::Internal, 500},      {ErrorKind::Unavailable, 500},
    {ErrorKind::NotFound, 404}, {ErrorKind::NotAcceptable, 406},
};
constexpr bool in_order_of_kinds() {
  for (size_t i = 0; i < std::size(kStatusTable); ++i) {
    if (static_cast<size_t>(kStatusTable[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order_of_kinds());

int status_of(const Refusal& refusal) {
  switch (refusal.why) {
    case Refusal::Why::NoRoute:
      return 404;
    case Refusal::Why::Method:
      return 405;
    case Refusal::Why::Path:
      return 400;
    case Refusal::Why::BodyTooLong:
      return 413;
    case Refusal::Why::Overload:
      return 503;
    case Refusal::Why::Access:
    case Refusal::Why::Tenant:
    case Refusal::Why::Failure:
      break;
  }
  return http_status(refusal.error.kind);
}

}  // namespace

int http_status(base::ErrorKind kind) { return kStatusTable[static_cast<size_t>(kind)].status; }

Response plain_refusal(const Refusal& refusal) {
  return text_response(status_of(refusal), refusal.error.message + '\n');
}

}  // namespace gnomon::http
