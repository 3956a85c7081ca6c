#include "src/server/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gnomon::server {
namespace {

using ::testing::ElementsAre;

TEST(Features, ListsAreCutAtCommas) {
  std::vector<std::string> names = {"a"};
  append_features("b,,c", names);
  append_features("", names);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
}

TEST(Features, AreOffUntilNamed) {
  const FeatureChoice none = choose_features({});
  EXPECT_FALSE(none.promql.experimental_functions);
  EXPECT_FALSE(none.enabled.at("promql-experimental-functions"));
  EXPECT_TRUE(none.enabled.at("promql-duration-expr"));
  const FeatureChoice some = choose_features({"use-start-timestamps", "type-and-unit-labels"});
  EXPECT_TRUE(some.promql.use_start_timestamps);
  EXPECT_TRUE(some.promql.type_and_unit_labels);
  EXPECT_TRUE(some.enabled.at("use-start-timestamps"));
  EXPECT_FALSE(some.promql.delayed_name_removal);
}

TEST(Features, UnknownOnesAreReported) {
  EXPECT_THAT(choose_features({"promql-negative-offset", "agent", "x"}).unknown,
              ElementsAre("agent", "x"));
}

}  // namespace
}  // namespace gnomon::server
