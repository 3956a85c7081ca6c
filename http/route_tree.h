#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/result.h"

namespace gnomon::http {

// Patterns of paths, matched segment by segment: "/a/<name>/b", where <name> stands for one segment
// that is not empty, and "/a/<name*>/b", where <name*> stands for one or more (once in a pattern).
// Where several patterns match, at the leftmost segment that differs a text goes before <name> and
// <name> before <name*>. Built by one thread, then any number may match.
class RouteTree {
 public:
  static constexpr size_t kPlaceholdersMax = 8;

  // The patterns at one place of the tree are the same but for the names of their placeholders.
  // `values`: what stood for the placeholders, from the left, still escaped; parts of the path.
  struct Match {
    std::span<const size_t> patterns;  // as numbered by add(); empty: none matches
    std::array<std::string_view, kPlaceholdersMax> values;
    size_t values_count = 0;
  };

  // Numbers patterns from 0. `pattern` must outlive the tree. BadData: no pattern as above.
  // Patterns that are the same but for the names of their placeholders are allowed.
  Result<void> add(std::string_view pattern);
  Match match(std::string_view path) const;
  // Those at the place of pattern `number`, in the order of add().
  std::span<const size_t> same_as(size_t number) const;

 private:
  struct Node {
    std::vector<std::pair<std::string_view, size_t>> texts;  // sorted; the node after each
    size_t one = 0;                                          // the node after <name>; 0: none
    size_t some = 0;                                         // the node after <name*>
    std::vector<size_t> patterns;                            // that end here
  };
  struct Walk;

  size_t child(size_t node, std::string_view segment);
  size_t add_node();

  std::vector<Node> nodes_ = std::vector<Node>(1);  // the first is the root
  std::vector<size_t> ends_;                        // of each pattern, its node
};

// The names of a pattern's placeholders, from the left.
std::vector<std::string_view> placeholder_names(std::string_view pattern);

}  // namespace gnomon::http
