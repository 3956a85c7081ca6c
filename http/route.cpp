#include "http/route.h"

#include "http/json.h"

namespace gnomon::http {
namespace {

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

Response plain_refusal(const Refusal& refusal) {
  return text_response(status_of(refusal), refusal.error.message + '\n');
}

}  // namespace gnomon::http
