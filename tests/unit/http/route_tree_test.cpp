#include "http/route_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gnomon::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RouteTree tree_of(const std::vector<std::string_view>& patterns) {
  RouteTree tree;
  for (std::string_view pattern : patterns) EXPECT_TRUE(tree.add(pattern).ok()) << pattern;
  return tree;
}

// The pattern that matched and what stood for its placeholders: "2 a b"; "" for none.
std::string found(const RouteTree& tree, std::string_view path) {
  const RouteTree::Match match = tree.match(path);
  if (match.patterns.empty()) return "";
  std::string text = std::to_string(match.patterns.front());
  for (size_t i = 0; i < match.values_count; ++i) text += ' ' + std::string(match.values[i]);
  return text;
}

TEST(RouteTree, FindsTextsAndPlaceholdersSegmentBySegment) {
  const RouteTree tree = tree_of({"/", "/api/v1/labels", "/api/v1/label/<name>/values",
                                  "/api/datasources/<id>/x/<name>", "/api/v1/labels/"});
  EXPECT_EQ(found(tree, "/"), "0");
  EXPECT_EQ(found(tree, "/api/v1/labels"), "1");
  EXPECT_EQ(found(tree, "/api/v1/label/job/values"), "2 job");
  EXPECT_EQ(found(tree, "/api/v1/label/a%2Fb/values"), "2 a%2Fb");
  EXPECT_EQ(found(tree, "/api/v1/label/<name>/values"), "2 <name>");
  EXPECT_EQ(found(tree, "/api/datasources/7/x/y"), "3 7 y");
  EXPECT_EQ(found(tree, "/api/v1/labels/"), "4");
  for (std::string_view path :
       {"", "api", "//", "/api", "/api/v1", "/api/v1/label//values", "/api/v1/label/a/b/values",
        "/api/v1/label/values", "/api/v1/label/a/values/", "/api/datasources/7/x/",
        "/api/datasources//x/y", "/api/datasources/7/y/x", "/api/v1/label"}) {
    EXPECT_EQ(found(tree, path), "") << path;
  }
}

TEST(RouteTree, AGreedyPlaceholderStandsForOneOrMoreSegments) {
  const RouteTree tree = tree_of({"/ui/<file*>", "/projects/<id*>/items", "/p/<a>/<b*>/x/<c>"});
  EXPECT_EQ(found(tree, "/ui/a"), "0 a");
  EXPECT_EQ(found(tree, "/ui/a/b/c.js"), "0 a/b/c.js");
  EXPECT_EQ(found(tree, "/projects/a/items"), "1 a");
  EXPECT_EQ(found(tree, "/projects/a/items/b/items"), "1 a/items/b");
  EXPECT_EQ(found(tree, "/p/1/2/3/x/4"), "2 1 2/3 4");
  for (std::string_view path : {"/ui/", "/ui", "/projects/items", "/projects//items",
                                "/projects/a/items/b", "/p/1/x/4", "/p/1/2/x/"}) {
    EXPECT_EQ(found(tree, path), "") << path;
  }
}

TEST(RouteTree, TextsGoBeforePlaceholdersAndThoseBeforeGreedyOnes) {
  const RouteTree tree =
      tree_of({"/a/<rest*>", "/a/<x>", "/a/b", "/a/<x>/c", "/a/b/<y>", "/a/b/c/d"});
  EXPECT_EQ(found(tree, "/a/b"), "2");
  EXPECT_EQ(found(tree, "/a/z"), "1 z");
  EXPECT_EQ(found(tree, "/a/b/c"), "4 c");
  EXPECT_EQ(found(tree, "/a/z/c"), "3 z");
  EXPECT_EQ(found(tree, "/a/b/c/d"), "5");
  EXPECT_EQ(found(tree, "/a/b/c/e"), "0 b/c/e") << "other ways are tried when one ends";
}

TEST(RouteTree, KnowsWhichPatternsAreTheSame) {
  const RouteTree tree = tree_of({"/a/<x>", "/a/<y>", "/a/<z*>", "/a/b", "/a/b"});
  EXPECT_THAT(tree.same_as(1), ElementsAre(0, 1));
  EXPECT_THAT(tree.same_as(2), ElementsAre(2));
  EXPECT_THAT(tree.same_as(3), ElementsAre(3, 4));
  EXPECT_THAT(tree.match("/a/c").patterns, ElementsAre(0, 1));
}

TEST(RouteTree, RefusesWhatIsNoPattern) {
  RouteTree tree;
  for (std::string_view pattern : {"", "a", "/a/<>", "/a/<x", "/a/x>", "/a/<x>y", "/a/y<x>",
                                   "/<a*>/b/<c*>", "/a*", "/<1>/<2>/<3>/<4>/<5>/<6>/<7>/<8>/<9>"}) {
    EXPECT_FALSE(tree.add(pattern).ok()) << pattern;
  }
  EXPECT_EQ(tree.add("/a/<x").error().message, "not a pattern of paths: \"/a/<x\"");
}

TEST(RouteTree, HostilePathsMatchNothingAndCostLittle) {
  const RouteTree tree = tree_of({"/a/<x*>/b", "/<x>/<y>/<z>"});
  std::string path;
  for (int i = 0; i < 500'000; ++i) path += "/a";
  EXPECT_THAT(tree.match(path).patterns, IsEmpty());
  EXPECT_THAT(tree.match(std::string(1 << 20, '/')).patterns, IsEmpty());
}

TEST(RouteTree, NamesItsPlaceholders) {
  EXPECT_THAT(placeholder_names("/a/<x>/b/<rest*>"), ElementsAre("x", "rest"));
  EXPECT_THAT(placeholder_names("/a/b"), IsEmpty());
}

}  // namespace
}  // namespace gnomon::http
