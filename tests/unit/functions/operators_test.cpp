#include "src/functions/operators.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/functions/aggregations.h"
#include "src/functions/float_operators.h"

namespace gnomon::functions {
namespace {

TEST(Operators, AreFoundByTheirText) {
  for (const Operator& row : kOperators) EXPECT_EQ(find_operator(row.text), row.op) << row.text;
  EXPECT_EQ(find_operator("=~"), std::nullopt);
  EXPECT_EQ(binary_op_text(BinaryOp::TrimUpper), "</");
  EXPECT_EQ(kind_of(BinaryOp::Unless), OperatorKind::Set);
}

// The result of an operator on 7 and 2; -1 where it has none.
double of_seven_and_two(BinaryOp op) {
  return with_float_operator(
      op, [](auto number) -> double { return number(7, 2); },
      [](auto holds) -> double { return holds(7, 2) ? 1 : 0; }, [] { return -1.0; });
}

TEST(Operators, ComputeWithFloats) {
  const std::pair<std::string_view, double> expected[] = {
      {"+", 9},    {"-", 5},   {"*", 14},      {"/", 3.5}, {"%", 1},  {"^", 49},
      {"==", 0},   {"!=", 1},  {">", 1},       {"<", 0},   {">=", 1}, {"<=", 0},
      {"and", -1}, {"or", -1}, {"unless", -1}, {"</", -1}, {">/", -1}};
  for (const auto& [text, value] : expected) {
    EXPECT_EQ(of_seven_and_two(find_operator(text).value()), value) << text;
  }
  EXPECT_DOUBLE_EQ(of_seven_and_two(BinaryOp::Atan2), std::atan2(7, 2));
}

TEST(Aggregations, AreFoundByTheirText) {
  for (const Aggregation& row : kAggregations) {
    EXPECT_EQ(find_aggregation(row.text), row.op) << row.text;
  }
  EXPECT_EQ(find_aggregation("rate"), std::nullopt);
}

TEST(Aggregations, FoldsTakeNoParameterAndSelectionsANumber) {
  for (const Aggregation& row : kAggregations) {
    if (row.shape == AggregateShape::Fold) {
      EXPECT_EQ(row.parameter, ValueType::None) << row.text;
    }
    if (row.shape == AggregateShape::Selection) {
      EXPECT_EQ(row.parameter, ValueType::Scalar) << row.text;
    }
  }
}

}  // namespace
}  // namespace gnomon::functions
