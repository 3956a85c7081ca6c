#include "src/model/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "src/model/column.h"
#include "src/model/sample.h"

namespace gnomon::model {
namespace {

Histogram exponential() {
  Histogram h;
  h.count = 11;
  h.sum = 18.4;
  h.zero_threshold = 0.001;
  h.zero_count = 2;
  h.positive_spans = {{0, 2}, {1, 2}};
  h.positive_buckets = {1, 2, 0, 1};
  h.negative_spans = {{0, 2}};
  h.negative_buckets = {3, 2};
  return h;
}

TEST(Histogram, Prints) {
  EXPECT_EQ(to_string(exponential()),
            "{count:11, sum:18.4, [-2,-1):2, [-1,-0.5):3, [-0.001,0.001]:2, (0.5,1]:1, (1,2]:2, "
            "(8,16]:1}");
  EXPECT_EQ(to_string(Histogram{}), "{count:0, sum:0}");
}

TEST(Histogram, PrintsCustomBounds) {
  Histogram h;
  h.schema = kCustomBucketsSchema;
  h.count = 6;
  h.sum = 1e6;
  h.custom_values = {1, 2.5};
  h.positive_spans = {{0, 3}};
  h.positive_buckets = {1, 2, 3};
  EXPECT_EQ(to_string(h), "{count:6, sum:1e+06, [-Inf,1]:1, (1,2.5]:2, (2.5,+Inf]:3}");
}

TEST(Histogram, AllBucketsFromLowToHigh) {
  Histogram h = exponential();
  h.zero_threshold = 0.75;
  const auto buckets = all_buckets(h);
  ASSERT_EQ(buckets.size(), 7u);
  EXPECT_EQ(buckets[0].lower, -2);
  EXPECT_EQ(buckets[1].upper, -0.75);
  EXPECT_EQ(buckets[2].lower, -0.75);
  EXPECT_TRUE(buckets[2].lower_inclusive && buckets[2].upper_inclusive);
  EXPECT_EQ(buckets[3].lower, 0.75);
  EXPECT_EQ(buckets[5].count, 0);
  EXPECT_EQ(buckets[6].upper, 16);
  EXPECT_FALSE(buckets[6].lower_inclusive);
  h.zero_count = 0;
  EXPECT_EQ(all_buckets(h).size(), 6u);
}

TEST(Histogram, Bounds) {
  constexpr double kMax = std::numeric_limits<double>::max();
  EXPECT_EQ(exponential_bound(0, 3), 8);
  EXPECT_EQ(exponential_bound(0, -1074), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(exponential_bound(1, 1), 1.414213562373095);  // Prometheus', not the nearest
  EXPECT_EQ(exponential_bound(8, 256), 2);
  EXPECT_EQ(exponential_bound(-4, 2), std::ldexp(1.0, 32));
  EXPECT_EQ(exponential_bound(0, 1024), kMax);
  EXPECT_EQ(exponential_bound(-4, 64), kMax);
  EXPECT_EQ(exponential_bound(3, 8 * 1024), kMax);
  EXPECT_TRUE(std::isinf(exponential_bound(3, 8 * 1024 + 1)));
  EXPECT_TRUE(std::isinf(exponential_bound(0, 1025)));
  EXPECT_TRUE(std::isinf(exponential_bound(-4, 65)));
}

TEST(Histogram, IdenticalIsBitExact) {
  const Histogram h = exponential();
  EXPECT_TRUE(identical(h, h));
  Histogram other = h;
  other.sum = kStale;
  EXPECT_FALSE(identical(h, other));
  EXPECT_TRUE(identical(other, other));
  other = h;
  other.positive_buckets[2] = -0.0;
  EXPECT_FALSE(identical(h, other));
  other = h;
  other.hint = CounterResetHint::Gauge;
  EXPECT_FALSE(identical(h, other));
}

TEST(Histogram, CostsAsInPrometheus) {
  EXPECT_EQ(prometheus_size(exponential()), 168u + 8 * (3 + 6));
  EXPECT_EQ(sample_cost(Histogram{}), 11u);
}

TEST(Column, KnowsWhatIsPresent) {
  Column column;
  column.reset(3);
  EXPECT_TRUE(column.empty());
  column.values[1] = kNaN;
  EXPECT_TRUE(column.has_float(1));
  EXPECT_FALSE(column.empty());
  column.erase(1);
  column.set_histogram(2, std::make_shared<const Histogram>());
  EXPECT_FALSE(column.empty());
  column.erase(2);
  EXPECT_TRUE(column.empty());
}

}  // namespace
}  // namespace gnomon::model
