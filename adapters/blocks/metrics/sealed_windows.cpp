#include "adapters/blocks/metrics/sealed_windows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "src/storage/window.h"

namespace gnomon::blocks {

SealedWindowsPtr SealedWindowsHolder::get() const {
  const std::lock_guard hold(mutex_);
  return layout_;
}

void SealedWindowsHolder::set(SealedWindows layout) {
  auto next = std::make_shared<SealedWindows>(std::move(layout));
  const std::lock_guard hold(mutex_);
  std::erase_if(older_, [](const auto& layout) { return layout.expired(); });
  older_.push_back(layout_);
  layout_ = std::move(next);
}

bool SealedWindowsHolder::older_ones_gone() {
  const std::lock_guard hold(mutex_);
  std::erase_if(older_, [](const auto& layout) { return layout.expired(); });
  return older_.empty();
}

void insert_sorted(std::vector<int64_t>& numbers, int64_t number) {
  const auto at = std::lower_bound(numbers.begin(), numbers.end(), number);
  if (at == numbers.end() || *at != number) numbers.insert(at, number);
}

int64_t newest_window(const SealedWindows& layout) {
  int64_t newest = std::numeric_limits<int64_t>::min();
  if (!layout.windows.empty()) newest = layout.windows.back();
  if (layout.days.empty()) return newest;
  const int64_t day_end = (layout.days.back() + 1) * storage::kDayMs - 1;
  return std::max(newest, storage::window_of(day_end));
}

}  // namespace gnomon::blocks
