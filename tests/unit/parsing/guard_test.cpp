#include "src/parsing/guard.h"

#include <gtest/gtest.h>

#include "src/base/limits.h"

namespace gnomon::parsing {
namespace {

constexpr size_t kDepthMax = base::kQueryDepthMax;

// The number of the first token, counted from 0, that is refused; of `cycle` again and again.
size_t first_refused(const std::vector<Nesting>& cycle, size_t tokens) {
  Guard guard;
  for (size_t i = 0; i < tokens; ++i) {
    if (guard.nest(cycle[i % cycle.size()], static_cast<int32_t>(i))) return i;
  }
  return tokens;
}

TEST(Guard, RefusesBracketsThatAreTooDeep) {
  EXPECT_EQ(first_refused({Nesting::Open}, 2 * kDepthMax), kDepthMax);
}

TEST(Guard, TakesAnyNumberOfBracketsThatClose) {
  const size_t tokens = 10 * kDepthMax;
  EXPECT_EQ(first_refused({Nesting::Open, Nesting::Operand, Nesting::Close}, tokens), tokens);
}

TEST(Guard, ChainsOfOperatorsAreNotDeep) {
  const size_t tokens = 10 * kDepthMax;
  EXPECT_EQ(first_refused({Nesting::Operand, Nesting::Operator}, tokens), tokens);
  EXPECT_EQ(first_refused({Nesting::Operand, Nesting::Sign}, tokens), tokens);
}

TEST(Guard, WhatAssociatesToTheRightIsDeep) {
  EXPECT_EQ(first_refused({Nesting::Operand, Nesting::RightAssociative}, 4 * kDepthMax),
            2 * kDepthMax + 1);
}

TEST(Guard, SignsBeforeAnOperandAreDeepUntilTheNextOperator) {
  EXPECT_EQ(first_refused({Nesting::Sign}, 2 * kDepthMax), kDepthMax);
  std::vector<Nesting> cycle(kDepthMax, Nesting::Sign);
  cycle.push_back(Nesting::Operand);
  cycle.push_back(Nesting::Operator);
  EXPECT_EQ(first_refused(cycle, 5 * cycle.size()), 5 * cycle.size());
}

TEST(Guard, AClosingBracketThatNothingOpenedChangesNothing) {
  Guard guard;
  EXPECT_FALSE(guard.nest(Nesting::Close, 0));
  for (size_t i = 0; i < kDepthMax; ++i) ASSERT_FALSE(guard.nest(Nesting::Open, 1));
  const auto error = guard.nest(Nesting::Open, 7);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->start, 7);
  EXPECT_EQ(error->message, "query is nested more than 1000 levels deep");
}

TEST(Guard, CountsTokens) {
  Guard guard;
  for (size_t i = 0; i < base::kQueryTokensMax; ++i) ASSERT_FALSE(guard.count(0));
  const auto error = guard.count(9);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->start, 9);
  EXPECT_EQ(error->message, "query has more than 200000 tokens");
}

}  // namespace
}  // namespace gnomon::parsing
