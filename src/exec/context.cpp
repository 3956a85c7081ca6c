#include "src/exec/context.h"

#include <algorithm>
#include <string>

namespace gnomon::exec {

Error too_many_samples(uint64_t samples_max) {
  return {ErrorKind::Execution,
          "query processing would load too many samples into memory in query execution (limit " +
              std::to_string(samples_max) + ", raised by --query.max-samples)"};
}

Result<void> Budget::take(uint64_t samples) {
  uint64_t held = held_.fetch_add(samples, std::memory_order_relaxed) + samples;
  uint64_t peak = peak_.load(std::memory_order_relaxed);
  while (held > peak && !peak_.compare_exchange_weak(peak, held, std::memory_order_relaxed)) {
  }
  if (held <= samples_max_) return {};
  return too_many_samples(samples_max_);
}

// A selector of one step is one for all of them; one of more steps than the query is a subquery
// whose points are the answer.
void Context::count_seen(std::span<const uint64_t> at_step, uint64_t uses) {
  const size_t steps = samples_at_step.size();
  if (steps == 0 || at_step.empty()) return;
  for (size_t i = 0; i < std::max(steps, at_step.size()); ++i) {
    samples_at_step[std::min(i, steps - 1)] += uses * at_step[std::min(i, at_step.size() - 1)];
  }
}

Result<void> Context::check() const {
  if (!stop.stop_requested()) return {};
  if (deadline.passed()) {
    return Error{ErrorKind::Timeout, "query timed out in expression evaluation"};
  }
  return Error{ErrorKind::Canceled, "query was canceled in expression evaluation"};
}

}  // namespace gnomon::exec
