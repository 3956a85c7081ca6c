#pragma once

#include <stop_token>
#include <utility>

#include "http/message.h"
#include "src/base/deadline.h"
#include "src/base/result.h"

namespace gnomon::http {
struct TenantContext;
}

namespace gnomon::prometheus {

// What a request may wait for the store: as long as its client is there, and no longer than a query
// of the tenant may take (--query.timeout). One thread.
class ReadDeadline {
 public:
  // `request` must outlive it.
  ReadDeadline(const http::Request& request, const http::TenantContext& tenant);

  // Fires at either; for the calls of the store.
  std::stop_token stop() const { return deadline_.token(); }
  // What such a call returned: with Timeout, in the words of a query's, where it was stopped
  // because the time was over.
  template <typename Value>
  Result<Value> checked(Result<Value> answer) const {
    if (answer.ok() || !timed_out(answer.error())) return answer;
    return timeout();
  }

 private:
  bool timed_out(const Error& error) const;
  static Error timeout();

  base::Deadline deadline_;
};

}  // namespace gnomon::prometheus
