#include "src/functions/histogram_ops.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/functions/table.h"
#include "src/model/annotations.h"

namespace gnomon::functions {
namespace {

using model::BucketSpan;
using model::CounterResetHint;
using model::Histogram;

// Schema 0: bucket i is (2^(i-1), 2^i].
Histogram exponential(std::vector<double> counts, int32_t first = 0, double zero_count = 0) {
  Histogram h;
  h.zero_threshold = 0.001;
  h.zero_count = zero_count;
  h.count = zero_count;
  for (double c : counts) h.count += c;
  h.sum = h.count * 2;
  h.positive_spans = {{first, static_cast<uint32_t>(counts.size())}};
  h.positive_buckets = std::move(counts);
  return h;
}

Histogram custom(std::vector<double> bounds, std::vector<double> counts) {
  Histogram h = exponential(std::move(counts));
  h.schema = model::kCustomBucketsSchema;
  h.zero_threshold = 0;
  h.custom_values = std::move(bounds);
  return h;
}

TEST(HistogramOps, AddMergesBuckets) {
  const auto result = add(exponential({1, 2}, 0, 1), exponential({5, 6}, 1, 2)).histogram;
  EXPECT_EQ(result->positive_spans, (std::vector<BucketSpan>{{0, 3}}));
  EXPECT_EQ(result->positive_buckets, (std::vector<double>{1, 7, 6}));
  EXPECT_EQ(result->zero_count, 3);
  EXPECT_EQ(result->count, 17);
  EXPECT_EQ(result->sum, 34);
}

TEST(HistogramOps, SubtractLeavesAGaugeWithoutEmptyBuckets) {
  const auto result = subtract(exponential({1, 2, 3}), exponential({1, 1, 1})).histogram;
  EXPECT_EQ(result->hint, CounterResetHint::Gauge);
  EXPECT_EQ(result->positive_spans, (std::vector<BucketSpan>{{1, 2}}));
  EXPECT_EQ(result->positive_buckets, (std::vector<double>{1, 2}));
}

TEST(HistogramOps, TheLowerResolutionWins) {
  Histogram fine = exponential({1, 2, 3, 4}, 1);  // (1, 1.41] (1.41, 2] (2, 2.83] (2.83, 4]
  fine.schema = 1;
  const auto result = add(fine, exponential({10, 20}, 1)).histogram;
  EXPECT_EQ(result->schema, 0);
  EXPECT_EQ(result->positive_buckets, (std::vector<double>{13, 27}));
}

TEST(HistogramOps, TheWiderZeroBucketSwallowsItsNeighbours) {
  Histogram wide = exponential({7}, 3);
  wide.zero_threshold = 2;
  wide.zero_count = 5;
  const auto result = add(wide, exponential({1, 2, 3}, 0, 10)).histogram;
  // (0.5, 1] and (1, 2] are now in [-2, 2].
  EXPECT_EQ(result->zero_threshold, 2);
  EXPECT_EQ(result->zero_count, 18);
  EXPECT_EQ(result->positive_spans, (std::vector<BucketSpan>{{2, 2}}));
  EXPECT_EQ(result->positive_buckets, (std::vector<double>{3, 7}));
}

TEST(HistogramOps, CustomBucketsMeetAtCommonBounds) {
  const auto result = add(custom({1, 2, 4}, {1, 2, 3, 4}), custom({1, 4}, {10, 20, 30}));
  ASSERT_TRUE(result.histogram);
  EXPECT_TRUE(result.reconciled_bounds);
  EXPECT_EQ(result.histogram->custom_values, (std::vector<double>{1, 4}));
  EXPECT_EQ(result.histogram->positive_buckets, (std::vector<double>{11, 25, 34}));
  EXPECT_EQ(add(custom({1}, {1, 2}), exponential({1})).histogram, nullptr);
}

TEST(HistogramOps, Hints) {
  Histogram a = exponential({1}), b = a;
  a.hint = CounterResetHint::Reset;
  b.hint = CounterResetHint::NotReset;
  EXPECT_TRUE(add(a, b).conflicting_resets);
  EXPECT_EQ(add(a, b).histogram->hint, CounterResetHint::Unknown);
  b.hint = CounterResetHint::Gauge;
  EXPECT_FALSE(add(a, b).conflicting_resets);
  EXPECT_EQ(add(a, b).histogram->hint, CounterResetHint::Gauge);
}

TEST(HistogramOps, Scaling) {
  const Histogram h = exponential({1, 2}, 0, 4);
  EXPECT_EQ(multiply(h, 3)->positive_buckets, (std::vector<double>{3, 6}));
  EXPECT_EQ(multiply(h, -1)->hint, CounterResetHint::Gauge);
  EXPECT_EQ(divide(h, 2)->zero_count, 2);
  EXPECT_EQ(divide(h, 0)->count, INFINITY);
  EXPECT_TRUE(divide(h, 0)->positive_buckets.empty());
  EXPECT_EQ(negate(h)->sum, -14);
}

TEST(HistogramOps, EqualityIgnoresEmptySpansAndHints) {
  Histogram a = exponential({1, 2}), b = a;
  b.positive_spans = {{-1, 0}, {1, 2}};
  b.hint = CounterResetHint::Gauge;
  EXPECT_TRUE(equals(a, b));
  b.positive_spans = {{1, 2}};
  EXPECT_FALSE(equals(a, b));
  b = a;
  b.sum = -0.0;
  a.sum = 0;
  EXPECT_FALSE(equals(a, b));
}

TEST(DetectReset, EveryReason) {
  const Histogram before = exponential({1, 2, 3}, 0, 4);
  auto reset = [&before](const auto& change) {
    Histogram after = before;
    change(after);
    return detect_reset(after, before);
  };
  EXPECT_FALSE(reset([](Histogram&) {}));
  EXPECT_TRUE(reset([](Histogram& h) { h.count -= 1; }));
  EXPECT_TRUE(reset([](Histogram& h) { h.zero_count -= 1; }));
  EXPECT_TRUE(reset([](Histogram& h) { h.positive_buckets[1] = 1; }));
  EXPECT_TRUE(reset([](Histogram& h) { h.schema = 1; }));
  EXPECT_TRUE(reset([](Histogram& h) { h.zero_threshold = 0.0001; }));
  EXPECT_TRUE(reset([](Histogram& h) { h.zero_threshold = 0.75; })) << "within a populated bucket";
  EXPECT_TRUE(reset([](Histogram& h) {
    h.positive_spans = {{0, 2}};
    h.positive_buckets.pop_back();
  }));
  EXPECT_FALSE(reset([](Histogram& h) {
    h.positive_spans = {{0, 4}};
    h.positive_buckets.push_back(9);
  }));
  EXPECT_TRUE(reset([](Histogram& h) { h.hint = CounterResetHint::Reset; }));
  EXPECT_FALSE(reset([](Histogram& h) {
    h.hint = CounterResetHint::NotReset;
    h.count = 0;
  }));
  Histogram hidden = before;
  hidden.zero_threshold = 2;  // the first two buckets lie within
  Histogram fewer = hidden;
  fewer.positive_buckets[0] = 0;
  EXPECT_FALSE(detect_reset(fewer, hidden));
  fewer.positive_buckets[2] = 0;
  EXPECT_TRUE(detect_reset(fewer, hidden));
  // Two buckets of the finer histogram became one: no reset as long as it holds both.
  Histogram coarse = exponential({6}, 1);
  coarse.schema = -1;
  EXPECT_FALSE(detect_reset(coarse, exponential({2, 4}, 1)));
  EXPECT_TRUE(detect_reset(coarse, exponential({3, 4}, 1)));
  EXPECT_FALSE(detect_reset(custom({1, 2}, {1, 1, 1}), custom({1, 3}, {1, 2, 0})));
  EXPECT_TRUE(detect_reset(custom({1, 2}, {1, 1, 1}), custom({1, 3}, {2, 0, 0})));
  EXPECT_TRUE(detect_reset(custom({1}, {9, 9}), before));
}

TEST(HistogramQuantile, InterpolatesOnALogarithmicScale) {
  const Histogram h = exponential({4, 4}, 1);  // (1, 2] (2, 4]
  EXPECT_DOUBLE_EQ(histogram_quantile(0.25, h).value, std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(histogram_quantile(0.75, h).value, std::sqrt(8.0));
  EXPECT_EQ(histogram_quantile(1, h).value, 4);
  EXPECT_EQ(histogram_quantile(-1, h).value, -INFINITY);
  EXPECT_EQ(histogram_quantile(1.1, h).value, INFINITY);
  EXPECT_TRUE(std::isnan(histogram_quantile(0.5, exponential({})).value));
}

TEST(HistogramQuantile, ZeroAndCustomBuckets) {
  EXPECT_DOUBLE_EQ(histogram_quantile(0.25, exponential({2}, 1, 2)).value, 0.0005)
      << "only positive observations: the zero bucket begins at 0";
  const Histogram h = custom({1, 2}, {2, 2, 4});
  EXPECT_DOUBLE_EQ(histogram_quantile(0.125, h).value, 0.5);
  EXPECT_DOUBLE_EQ(histogram_quantile(0.375, h).value, 1.5);
  EXPECT_EQ(histogram_quantile(0.9, h).value, 2);
  EXPECT_EQ(histogram_quantile(0.1, custom({-1, 2}, {8, 2, 0})).value, -1);
}

TEST(HistogramQuantile, NaNObservations) {
  Histogram h = exponential({4, 4}, 1);
  h.count += 2;
  h.sum = NAN;
  EXPECT_EQ(histogram_quantile(0.1, h).remark, NaNRemark::Skew);
  EXPECT_TRUE(std::isnan(histogram_quantile(0.9, h).value));
  EXPECT_EQ(histogram_quantile(0.9, h).remark, NaNRemark::Result);
  EXPECT_EQ(histogram_fraction(-INFINITY, INFINITY, h).value, 0.8);
  EXPECT_EQ(histogram_fraction(-INFINITY, INFINITY, h).remark, NaNRemark::Fraction);
}

TEST(HistogramFraction, IsTheInverseOfTheQuantile) {
  const Histogram h = exponential({4, 2, 2}, 1, 2);
  for (double q : {0.1, 0.3, 0.5, 0.9}) {
    EXPECT_NEAR(histogram_fraction(-INFINITY, histogram_quantile(q, h).value, h).value, q, 1e-12);
  }
  EXPECT_EQ(histogram_fraction(2, 1, h).value, 0);
  EXPECT_TRUE(std::isnan(histogram_fraction(NAN, 1, h).value));
}

TEST(HistogramTrim, SplitsTheBucketAtTheLimit) {
  const Histogram h = custom({1, 2, 4}, {2, 4, 6, 8});
  const auto below = trim_above(h, 1.5);
  EXPECT_EQ(below->positive_buckets, (std::vector<double>{2, 2}));
  EXPECT_EQ(below->count, 4);
  EXPECT_DOUBLE_EQ(below->sum, 2 * 0.5 + 2 * 1.25);
  const auto above = trim_below(h, 1.5);
  EXPECT_EQ(above->positive_buckets, (std::vector<double>{2, 6, 8}));
  const auto all = trim_above(exponential({1, 2}, 1), 4);
  EXPECT_EQ(all->sum, 6) << "nothing trimmed: the sum is the observed one";
}

TEST(HistogramRollups, IncreaseAcrossAReset) {
  std::vector<model::HistogramSample> samples;
  int64_t t = 0;
  for (double c : {10.0, 20.0, 5.0, 15.0}) {
    samples.push_back({t += 15'000, std::make_shared<Histogram>(exponential({c})), 0});
  }
  model::Annotations annotations;
  RollupContext context;
  context.grid = context.eval_grid = model::TimeGrid::instant(60'000);
  context.range_ms = 60'000;
  context.annotations = &annotations;
  auto run = [&](std::string_view name) {
    model::Column out;
    out.reset(1);
    find_function(name)->rollup({{}, {}, {}, samples}, context, out);
    return out;
  };
  // 15 - 10 + 20 over 45 s, 15 s to the start are extrapolated, yet not beyond the zero point.
  const auto increase = run("increase");
  ASSERT_TRUE(increase.has_histogram(0));
  EXPECT_DOUBLE_EQ(increase.histograms[0]->count, 25 * (45.0 + 15.0) / 45.0);
  EXPECT_EQ(increase.histograms[0]->hint, CounterResetHint::Gauge);
  EXPECT_EQ(run("sum_over_time").histograms[0]->count, 50);
  EXPECT_EQ(run("avg_over_time").histograms[0]->count, 12.5);
  EXPECT_EQ(run("resets").values[0], 1);
  EXPECT_EQ(run("changes").values[0], 3);
  EXPECT_DOUBLE_EQ(run("irate").histograms[0]->count, 10.0 / 15);
  EXPECT_TRUE(annotations.empty());
  run("delta");
  EXPECT_EQ(annotations.warnings("x"),
            std::vector<std::string>{
                "PromQL warning: this native histogram metric is not a gauge: \"\" (1:1)"});
}

TEST(HistogramStddev, OfOneBucketIsItsDistanceToTheMean) {
  Histogram h = exponential({4}, 1);
  h.sum = 4 * 1.5;
  EXPECT_NEAR(histogram_stddev(h), std::fabs(std::sqrt(2.0) - 1.5), 1e-15);
  EXPECT_NEAR(histogram_stdvar(h), std::pow(std::sqrt(2.0) - 1.5, 2), 1e-15);
}

}  // namespace
}  // namespace gnomon::functions
