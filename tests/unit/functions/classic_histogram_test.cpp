#include "src/functions/classic_histogram.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gnomon::functions {
namespace {

using Buckets = std::vector<ClassicBucket>;

double quantile_of(double q, Buckets buckets) {
  MonotonicityFix fix;
  return classic_quantile(q, buckets, fix);
}

const Buckets kHundred{{0.1, 10}, {0.5, 50}, {1, 90}, {INFINITY, 100}};

TEST(ClassicQuantile, Interpolates) {
  EXPECT_DOUBLE_EQ(quantile_of(0.05, kHundred), 0.05);
  EXPECT_DOUBLE_EQ(quantile_of(0.3, kHundred), 0.3);
  EXPECT_DOUBLE_EQ(quantile_of(0.7, kHundred), 0.75);
  EXPECT_EQ(quantile_of(0.95, kHundred), 1) << "the bound below the infinite bucket";
}

TEST(ClassicQuantile, OrderAndRepeatedBoundsDoNotMatter) {
  const Buckets shuffled{{INFINITY, 60}, {1, 90}, {0.1, 10}, {INFINITY, 40}, {0.5, 50}};
  for (double q : {0.0, 0.05, 0.3, 0.7, 0.95, 1.0}) {
    EXPECT_EQ(quantile_of(q, shuffled), quantile_of(q, kHundred)) << q;
  }
}

TEST(ClassicQuantile, Edges) {
  EXPECT_EQ(quantile_of(-0.1, kHundred), -INFINITY);
  EXPECT_EQ(quantile_of(1.1, kHundred), INFINITY);
  EXPECT_TRUE(std::isnan(quantile_of(NAN, kHundred)));
  EXPECT_TRUE(std::isnan(quantile_of(0.5, {{INFINITY, 5}}))) << "one bucket";
  EXPECT_TRUE(std::isnan(quantile_of(0.5, {{1, 5}, {2, 7}}))) << "no infinite bucket";
  EXPECT_TRUE(std::isnan(quantile_of(0.5, {{1, 0}, {INFINITY, 0}}))) << "no observation";
  EXPECT_EQ(quantile_of(0.5, {{-2, 8}, {INFINITY, 10}}), -2) << "first bound not positive";
}

TEST(ClassicQuantile, LevelsCountsThatDecrease) {
  Buckets buckets{{1, 10}, {2, 8}, {4, 30}, {8, 25}, {INFINITY, 40}};
  MonotonicityFix fix;
  // Levelled to 10, 10, 30, 30, 40: rank 20 lies halfway through (2, 4].
  EXPECT_DOUBLE_EQ(classic_quantile(0.5, buckets, fix), 3);
  EXPECT_TRUE(fix.forced);
  EXPECT_EQ(fix.bucket_min, 2);
  EXPECT_EQ(fix.bucket_max, 8);
  EXPECT_EQ(fix.difference_max, 5);
}

TEST(ClassicQuantile, IsSilentAboutRounding) {
  Buckets buckets{{1, 10}, {2, 10 - 1e-14}, {INFINITY, 20}};
  MonotonicityFix fix;
  EXPECT_EQ(classic_quantile(0.5, buckets, fix), 1);
  EXPECT_FALSE(fix.forced);
}

double fraction_of(double lower, double upper, Buckets buckets) {
  return classic_fraction(lower, upper, buckets);
}

TEST(ClassicFraction, IsTheInverse) {
  EXPECT_DOUBLE_EQ(fraction_of(-INFINITY, 0.3, kHundred), 0.3);
  EXPECT_DOUBLE_EQ(fraction_of(0.05, 0.75, kHundred), 0.65);
  EXPECT_DOUBLE_EQ(fraction_of(1, INFINITY, kHundred), 0.1);
  EXPECT_DOUBLE_EQ(fraction_of(-INFINITY, INFINITY, kHundred), 1);
}

TEST(ClassicFraction, Edges) {
  EXPECT_EQ(fraction_of(1, 1, kHundred), 0);
  EXPECT_EQ(fraction_of(2, 1, kHundred), 0);
  EXPECT_TRUE(std::isnan(fraction_of(NAN, 1, kHundred)));
  EXPECT_TRUE(std::isnan(fraction_of(0, 1, {{1, 0}, {INFINITY, 0}})));
  EXPECT_TRUE(std::isnan(fraction_of(0, 1, {{1, 3}})));
  EXPECT_DOUBLE_EQ(fraction_of(-5, -1, {{-2, 4}, {INFINITY, 10}}), 0);
}

}  // namespace
}  // namespace gnomon::functions
