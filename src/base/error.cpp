#include "src/base/error.h"

namespace gnomon::base {

std::string_view error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::BadData:
      return "bad_data";
    case ErrorKind::Execution:
      return "execution";
    case ErrorKind::Canceled:
      return "canceled";
    case ErrorKind::Timeout:
      return "timeout";
    case ErrorKind::Internal:
      return "internal";
    case ErrorKind::Unavailable:
      return "unavailable";
    case ErrorKind::NotFound:
      return "not_found";
    case ErrorKind::NotAcceptable:
      return "not_acceptable";
  }
  return "internal";
}

Error canceled() { return {ErrorKind::Canceled, "the query was canceled"}; }

}  // namespace gnomon::base
