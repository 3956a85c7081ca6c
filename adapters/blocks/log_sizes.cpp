#include "adapters/blocks/log_sizes.h"

namespace gnomon::blocks {

void LogSizes::add(storage::Signal signal, uint64_t seq, uint64_t bytes) {
  const std::lock_guard hold(mutex_);
  Records& records = records_[signal];
  records.sizes.emplace_back(seq, bytes);
  records.bytes += bytes;
}

void LogSizes::release(storage::Signal signal, uint64_t needed) {
  const std::lock_guard hold(mutex_);
  Records& records = records_[signal];
  while (!records.sizes.empty() && records.sizes.front().first < needed) {
    records.bytes -= records.sizes.front().second;
    records.sizes.pop_front();
  }
}

uint64_t LogSizes::bytes(storage::Signal signal) const {
  const std::lock_guard hold(mutex_);
  const auto found = records_.find(signal);
  return found == records_.end() ? 0 : found->second.bytes;
}

}  // namespace gnomon::blocks
