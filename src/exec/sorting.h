#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace gnomon::exec {

// Up to so many elements Prometheus sorts by insertion.
inline constexpr size_t kInsertionSortMax = 12;

// Sorts with `before`, which need not be an order: NaN values and numbers like 1 and 01 are each
// before the other, and few elements come out in the sequence that Prometheus leaves them in. More
// are sorted stably with `strictly_before`.
template <typename Before, typename StrictlyBefore>
void sort_like_prometheus(std::vector<uint32_t>& elements, Before before,
                          StrictlyBefore strictly_before) {
  if (elements.size() > kInsertionSortMax) {
    std::stable_sort(elements.begin(), elements.end(), strictly_before);
    return;
  }
  for (size_t i = 1; i < elements.size(); ++i) {
    for (size_t j = i; j > 0 && before(elements[j], elements[j - 1]); --j) {
      std::swap(elements[j], elements[j - 1]);
    }
  }
}

}  // namespace gnomon::exec
