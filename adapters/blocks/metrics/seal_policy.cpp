#include "adapters/blocks/metrics/seal_policy.h"

#include <algorithm>

#include "adapters/blocks/metrics/memory.h"
#include "src/storage/window.h"

namespace gnomon::blocks {
namespace {

// A window that was not written to for so long is sealed, however new it is.
constexpr std::chrono::minutes kIdle{20};

}  // namespace

std::function<bool(const storage::HeadWindow&)> SealPolicy::now(bool all) {
  const auto windows = head_.snapshot();
  std::erase_if(seen_, [&](const auto& seen) {
    return std::none_of(windows->begin(), windows->end(),
                        [&](const auto& window) { return window.get() == seen.first; });
  });
  const int64_t over_ms = newest_time_ms(head_) - grace_ms_;
  return [this, all, over_ms](const storage::HeadWindow& window) {
    return all || over_ms >= (window.window() + 1) * storage::kWindowMs || idle(window);
  };
}

bool SealPolicy::idle(const storage::HeadWindow& window) {
  Seen& seen = seen_[&window];
  const auto now = std::chrono::steady_clock::now();
  if (seen.samples != window.samples() || seen.samples == 0) seen = {window.samples(), now};
  return now - seen.when > kIdle;
}

}  // namespace gnomon::blocks
