// Every node says which nodes it refers to: passes renumber, and drop, by that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "src/plan/plan.h"

namespace gnomon::plan {
namespace {

using ::testing::ElementsAreArray;

using Op = decltype(Node::op);

struct Case {
  Op op;
  std::vector<NodeId> inputs;
};

// A node of each kind, with all the inputs that the kind can have.
std::vector<Case> all_kinds() {
  Rollup rollup;
  rollup.source = 1;
  rollup.scalars = {2, 3};
  Instant instant;
  instant.source = 1;
  RawSamples raw;
  raw.source = 1;
  HistogramQuantile quantile;
  quantile.input = 1;
  quantile.scalars = {2, 3};
  Info info;
  info.input = 1;
  info.info = 2;
  info.info_times = 3;
  Aggregate aggregate;
  aggregate.input = 1;
  aggregate.param = 2;
  Binary binary;
  binary.left = 1;
  binary.right = 2;
  return {{Number{}, {}},
          {Text{}, {}},
          {Time{}, {}},
          {Scan{}, {}},
          {Subquery{1}, {1}},
          {instant, {1}},
          {rollup, {1, 2, 3}},
          {raw, {1}},
          {Map{nullptr, 1, {2, 3}}, {1, 2, 3}},
          {ScalarCall{nullptr, {1, 2}}, {1, 2}},
          {ToScalar{1}, {1}},
          {ToVector{1}, {1}},
          {EvaluationTime{1}, {1}},
          {Absent{1, {}}, {1}},
          {Sort{1, false, false, {}}, {1}},
          {LabelReplace{1, "", "", "", ""}, {1}},
          {LabelJoin{1, "", "", {}}, {1}},
          {quantile, {1, 2, 3}},
          {info, {1, 2, 3}},
          {aggregate, {1, 2}},
          {binary, {1, 2}},
          {Negate{1}, {1}},
          {Repeat{1}, {1}}};
}

TEST(Inputs, OfEveryKindOfNode) {
  std::set<size_t> kinds;
  for (const Case& one : all_kinds()) {
    Node node;
    node.op = one.op;
    kinds.insert(node.op.index());
    EXPECT_THAT(inputs(node), ElementsAreArray(one.inputs)) << "kind " << node.op.index();
    std::vector<NodeId> renumbered;
    for (NodeId id : one.inputs) renumbered.push_back(id + 10);
    renumber_inputs(node, {10, 11, 12, 13});
    EXPECT_THAT(inputs(node), ElementsAreArray(renumbered)) << "kind " << node.op.index();
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Op>);
}

TEST(Inputs, AnOptionalOneMayBeAbsent) {
  Aggregate aggregate;
  aggregate.input = 1;
  Node node;
  node.op = aggregate;
  EXPECT_THAT(inputs(node), ElementsAreArray({1u}));
}

// Members that are no inputs, before and after some that are.
struct Complete {
  std::string text;
  Input first;
  std::optional<double> number;
  std::vector<Input> list;
  TimeGrid grid;
  std::optional<Input> last;

  static constexpr auto inputs() {
    return std::tuple(&Complete::first, &Complete::list, &Complete::last);
  }
};

struct WithoutList {
  double number = 0;
  std::vector<Input> list;
  static constexpr auto inputs() { return std::tuple(); }
};

struct WithoutSecond {
  Input first, second;
  static constexpr auto inputs() { return std::tuple(&WithoutSecond::first); }
};

struct WithoutOptional {
  model::Labels labels;
  std::optional<Input> input;
  static constexpr auto inputs() { return std::tuple(); }
};

TEST(Inputs, AMemberThatIsNotListedIsNoticed) {
  EXPECT_TRUE(lists_all_inputs<Complete>());
  EXPECT_FALSE(lists_all_inputs<WithoutList>());
  EXPECT_FALSE(lists_all_inputs<WithoutSecond>());
  EXPECT_FALSE(lists_all_inputs<WithoutOptional>());
}

}  // namespace
}  // namespace gnomon::plan
