#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace gnomon::blocks {

// Which windows and days have chunks. Ascending.
struct SealedWindows {
  std::vector<int64_t> windows;
  std::vector<int64_t> days;
};
using SealedWindowsPtr = std::shared_ptr<const SealedWindows>;

// The current layout. Any thread reads, one at a time changes.
class SealedWindowsHolder {
 public:
  SealedWindowsHolder() : layout_(std::make_shared<SealedWindows>()) {}
  SealedWindowsPtr get() const;
  void set(SealedWindows layout);
  // True when no layout from before the last set() is held any more: rows that only those name can
  // be deleted.
  bool older_ones_gone();

 private:
  mutable std::mutex mutex_;
  SealedWindowsPtr layout_;
  std::vector<std::weak_ptr<const SealedWindows>> older_;
};

void insert_sorted(std::vector<int64_t>& numbers, int64_t number);
// The newest window of kWindowMs that the layout may have samples of; INT64_MIN: none.
int64_t newest_window(const SealedWindows& layout);

}  // namespace gnomon::blocks
