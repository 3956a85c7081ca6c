#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/model/labels.h"

namespace gnomon::wire {

inline constexpr size_t kPackedTextMax = 0xffffff;  // what a packed length can say

// The labels of one series as a wire format gives them, in any order, and their way into packed
// form. Reused from series to series. Views must live until pack().
class SeriesLabels {
 public:
  void clear() { labels_.clear(); }
  void add(std::string_view name, std::string_view value) { labels_.push_back({name, value}); }

  // Appends the packed labels to `out` (sorted, without empty values) and returns "", or leaves
  // `out` alone and returns what is wrong: `invalid labels: duplicate label "a" in {...}`.
  // need_name: the metric name must be there (labels of exemplars have none).
  std::string pack(std::string& out, bool need_name);

 private:
  std::string fault(bool need_name) const;
  std::string print() const;

  std::vector<model::Label> labels_;
};

}  // namespace gnomon::wire
