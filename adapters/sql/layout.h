#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace gnomon::sql {

// Which windows and days have chunks. Ascending.
struct Layout {
  std::vector<int64_t> windows;
  std::vector<int64_t> days;
};
using LayoutPtr = std::shared_ptr<const Layout>;

// The current layout. Any thread reads, one at a time changes.
class LayoutHolder {
 public:
  LayoutHolder() : layout_(std::make_shared<Layout>()) {}
  LayoutPtr get() const;
  void set(Layout layout);
  // Nobody holds a layout from before the last set(): rows that only those name can go.
  bool older_ones_gone();

 private:
  mutable std::mutex mutex_;
  LayoutPtr layout_;
  std::vector<std::weak_ptr<const Layout>> older_;
};

void insert_sorted(std::vector<int64_t>& numbers, int64_t number);
// The newest window of kWindowMs that the layout may have samples of; INT64_MIN: none.
int64_t newest_window(const Layout& layout);

}  // namespace gnomon::sql
