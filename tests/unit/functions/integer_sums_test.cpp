#include "src/functions/integer_sums.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gnomon::functions {
namespace {

TEST(IntegerSums, AnyRange) {
  const std::vector<double> values{3, -1, 4, -0.0, 5, 9};
  const IntegerSums sums(values);
  ASSERT_TRUE(sums.exact());
  EXPECT_EQ(sums.of(0, 6), 20);
  EXPECT_EQ(sums.of(1, 3), 3);
  EXPECT_EQ(sums.of(2, 2), 0);
  EXPECT_FALSE(std::signbit(sums.of(3, 4))) << "0 + -0 is 0";
}

TEST(IntegerSums, RefusesWhatIsNotExact) {
  auto exact = [](double x) {
    // At the front, where four are looked at together, and at the end.
    const bool front = IntegerSums(std::vector<double>{x, 1, 2, 3, 4}).exact();
    const bool end = IntegerSums(std::vector<double>{1, 2, 3, 4, x}).exact();
    EXPECT_EQ(front, end) << x;
    return front;
  };
  EXPECT_TRUE(exact(0x1p50));
  EXPECT_FALSE(exact(0.5));
  EXPECT_FALSE(exact(-1e-300));
  EXPECT_FALSE(exact(0x1p52));
  EXPECT_FALSE(exact(NAN));
  EXPECT_FALSE(exact(INFINITY));
  EXPECT_FALSE(IntegerSums(std::vector<double>(16, 0x1p50)).exact()) << "their sum is too large";
}

}  // namespace
}  // namespace gnomon::functions
