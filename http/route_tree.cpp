#include "http/route_tree.h"

#include <algorithm>
#include <string>

#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::http {
namespace {

bool is_placeholder(std::string_view segment) { return segment.starts_with('<'); }
bool is_greedy(std::string_view segment) { return segment.ends_with("*>"); }

// "/a//b" -> "a", "", "b"; false when there are more than fit or the path does not begin with '/'.
template <typename Take>
bool split(std::string_view path, Take take) {
  if (!path.starts_with('/')) return false;
  while (true) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    if (!take(path.substr(0, end))) return false;
    if (end == path.size()) return true;
    path.remove_prefix(end);
  }
}

Result<std::vector<std::string_view>> segments_of(std::string_view pattern) {
  std::vector<std::string_view> segments;
  size_t placeholders = 0, greedy = 0;
  const bool good = split(pattern, [&](std::string_view segment) {
    segments.push_back(segment);
    placeholders += is_placeholder(segment);
    greedy += is_greedy(segment);
    const bool plain = segment.find_first_of("<>*") == std::string_view::npos;
    const bool closed =
        is_placeholder(segment) && segment.find('>') == segment.size() - 1 && segment.size() > 2;
    return (plain || closed) && segments.size() <= base::kHttpPathSegmentsMax;
  });
  if (good && greedy <= 1 && placeholders <= RouteTree::kPlaceholdersMax) return segments;
  return Error{ErrorKind::BadData, "not a pattern of paths: " + base::quote(pattern)};
}

}  // namespace

Result<void> RouteTree::add(std::string_view pattern) {
  TRY(const auto segments, segments_of(pattern));
  size_t node = 0;
  for (std::string_view segment : segments) node = child(node, segment);
  nodes_[node].patterns.push_back(ends_.size());
  ends_.push_back(node);
  return {};
}

size_t RouteTree::add_node() {
  nodes_.emplace_back();
  return nodes_.size() - 1;
}

// The node after `segment`, made when there is none.
size_t RouteTree::child(size_t node, std::string_view segment) {
  if (is_placeholder(segment)) {
    size_t Node::*after = is_greedy(segment) ? &Node::some : &Node::one;
    if (nodes_[node].*after == 0) {
      const size_t made = add_node();
      nodes_[node].*after = made;
    }
    return nodes_[node].*after;
  }
  const std::pair<std::string_view, size_t> wanted(segment, 0);
  auto& texts = nodes_[node].texts;
  const auto at = std::lower_bound(texts.begin(), texts.end(), wanted);
  if (at != texts.end() && at->first == segment) return at->second;
  const auto offset = at - texts.begin();
  const size_t made = add_node();
  auto& grown = nodes_[node].texts;
  grown.emplace(grown.begin() + offset, segment, made);
  return made;
}

std::span<const size_t> RouteTree::same_as(size_t number) const {
  return nodes_[ends_[number]].patterns;
}

// One path on its way through the tree.
struct RouteTree::Walk {
  const RouteTree& tree;
  std::array<std::string_view, base::kHttpPathSegmentsMax> segments;
  size_t count = 0;
  Match match;

  // Whether segments from `at` on match below `node`; then `match` is complete.
  bool go(size_t node, size_t at) {
    const Node& here = tree.nodes_[node];
    if (at == count) {
      match.patterns = here.patterns;
      return !here.patterns.empty();
    }
    const std::pair<std::string_view, size_t> wanted(segments[at], 0);
    const auto text = std::lower_bound(here.texts.begin(), here.texts.end(), wanted);
    if (text != here.texts.end() && text->first == segments[at] && go(text->second, at + 1)) {
      return true;
    }
    if (segments[at].empty()) return false;
    if (here.one != 0 && take(here.one, at, at + 1)) return true;
    for (size_t end = count; here.some != 0 && end > at; --end) {
      if (take(here.some, at, end)) return true;
    }
    return false;
  }

  // With a placeholder that stands for segments [begin, end).
  bool take(size_t node, size_t begin, size_t end) {
    const char* first = segments[begin].data();
    const char* last = segments[end - 1].data() + segments[end - 1].size();
    match.values[match.values_count++] = std::string_view(first, last - first);
    if (go(node, end)) return true;
    --match.values_count;
    return false;
  }
};

RouteTree::Match RouteTree::match(std::string_view path) const {
  Walk walk{*this, {}, 0, {}};
  const bool short_enough = split(path, [&walk](std::string_view segment) {
    if (walk.count == walk.segments.size()) return false;
    walk.segments[walk.count++] = segment;
    return true;
  });
  if (!short_enough || !walk.go(0, 0)) return {};
  return walk.match;
}

std::vector<std::string_view> placeholder_names(std::string_view pattern) {
  std::vector<std::string_view> names;
  split(pattern, [&names](std::string_view segment) {
    if (!is_placeholder(segment)) return true;
    segment = segment.substr(1, segment.size() - (is_greedy(segment) ? 3 : 2));
    names.push_back(segment);
    return true;
  });
  return names;
}

}  // namespace gnomon::http
