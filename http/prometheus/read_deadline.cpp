#include "http/prometheus/read_deadline.h"

#include <chrono>

#include "http/context.h"
#include "src/engine/engine.h"

namespace gnomon::prometheus {

ReadDeadline::ReadDeadline(const http::Request& request, const http::TenantContext& tenant)
    : deadline_(request.stop, std::chrono::milliseconds(tenant.engine.options().timeout_ms)) {}

bool ReadDeadline::timed_out(const Error& error) const {
  return error.kind == ErrorKind::Canceled && deadline_.passed();
}

Error ReadDeadline::timeout() {
  return {ErrorKind::Timeout, "query timed out in expression evaluation"};
}

}  // namespace gnomon::prometheus
