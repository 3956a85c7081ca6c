#include "src/functions/accumulator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "src/functions/quantile.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::kStale;

Column column(std::vector<double> values) {
  Column c;
  c.values = std::move(values);
  return c;
}

// One step of each series, folded.
double fold(AggregateKind kind, const std::vector<double>& values) {
  Accumulator accumulator(kind, 1);
  for (double v : values) accumulator.add(column({v}));
  Column out;
  accumulator.finish(out);
  return out.values[0];
}

TEST(Accumulator, ByHand) {
  const std::vector<double> values{3, 1, 4, 1, 5};
  EXPECT_EQ(fold(AggregateKind::Sum, values), 14);
  EXPECT_EQ(fold(AggregateKind::Avg, values), 2.8);
  EXPECT_EQ(fold(AggregateKind::Count, values), 5);
  EXPECT_EQ(fold(AggregateKind::Group, values), 1);
  EXPECT_EQ(fold(AggregateKind::Min, values), 1);
  EXPECT_EQ(fold(AggregateKind::Max, values), 5);
  EXPECT_DOUBLE_EQ(fold(AggregateKind::Stdvar, values), 2.56);
  EXPECT_DOUBLE_EQ(fold(AggregateKind::Stddev, values), 1.6);
}

TEST(Accumulator, SumIsCompensated) {
  EXPECT_EQ(fold(AggregateKind::Sum, {1, 1e100, 1, -1e100}), 2);
  EXPECT_EQ(fold(AggregateKind::Avg, {1, 1e100, 1, -1e100}), 0.5);
}

TEST(Accumulator, AvgSurvivesAnOverflowOfTheSum) {
  EXPECT_DOUBLE_EQ(fold(AggregateKind::Avg, {1.7e308, 1.7e308, 1.7e308, 1.7e308}), 1.7e308);
  EXPECT_EQ(fold(AggregateKind::Sum, {1.7e308, 1.7e308}), INFINITY);
  EXPECT_EQ(fold(AggregateKind::Avg, {INFINITY, 1}), INFINITY);
  EXPECT_TRUE(std::isnan(fold(AggregateKind::Avg, {INFINITY, -INFINITY})));
}

TEST(Accumulator, NaNIsTheLastChoiceOfMinAndMax) {
  EXPECT_EQ(fold(AggregateKind::Max, {NAN, 2, NAN}), 2);
  EXPECT_EQ(fold(AggregateKind::Min, {NAN, 2, NAN}), 2);
  EXPECT_TRUE(std::isnan(fold(AggregateKind::Max, {NAN, NAN})));
  EXPECT_FALSE(model::is_stale(fold(AggregateKind::Max, {NAN, NAN})));
  EXPECT_TRUE(std::isnan(fold(AggregateKind::Stddev, {INFINITY, 1})));
}

TEST(Accumulator, EmptyStepsStayEmptyOfEveryKind) {
  for (int kind = 0; kind < 8; ++kind) {
    Accumulator accumulator(static_cast<AggregateKind>(kind), 3);
    accumulator.add(column({kStale, 2, kStale}));
    accumulator.add(column({kStale, kStale, 7}));
    Column out;
    accumulator.finish(out);
    EXPECT_FALSE(out.has(0));
    EXPECT_TRUE(out.has(1));
    EXPECT_TRUE(out.has(2));
  }
}

// Steps beside each other must not disturb each other: every step equals the same fold alone.
TEST(Accumulator, EveryStepIsItsOwn) {
  std::mt19937_64 random(3);
  const double specials[] = {NAN, INFINITY, -INFINITY, -0.0, 1.7e308, kStale, kStale};
  std::vector<Column> columns(40);
  for (Column& c : columns) {
    for (int i = 0; i < 37; ++i) {
      const bool special = i % 4 == 0 && random() % 5 == 0;
      c.values.push_back(special ? specials[random() % 7]
                                 : static_cast<double>(random() % 1'000'000) / 7 - 50'000);
    }
  }
  for (int k = 0; k < 8; ++k) {
    const auto kind = static_cast<AggregateKind>(k);
    Accumulator accumulator(kind, 37);
    for (const Column& c : columns) accumulator.add(c);
    Column out;
    accumulator.finish(out);
    for (size_t i = 0; i < 37; ++i) {
      std::vector<double> values;
      for (const Column& c : columns) values.push_back(c.values[i]);
      const double expected = fold(kind, values);
      EXPECT_TRUE(out.values[i] == expected || (std::isnan(out.values[i]) && std::isnan(expected)))
          << "kind " << k << " step " << i << ": " << out.values[i] << " not " << expected;
    }
  }
}

TEST(Accumulator, MergingPartsIsAddingAll) {
  std::mt19937_64 random(3);
  for (int k = 0; k < 8; ++k) {
    const auto kind = static_cast<AggregateKind>(k);
    Accumulator whole(kind, 5), first(kind, 5), second(kind, 5);
    for (int i = 0; i < 20; ++i) {
      Column c = column({});
      for (int step = 0; step < 5; ++step) {
        c.values.push_back(random() % 4 == 0 ? kStale : static_cast<double>(random() % 100));
      }
      c.values[4] = i < 10 ? kStale : 1.6e308;
      whole.add(c);
      (i < 10 ? first : second).add(c);
    }
    first.merge(second);
    Column expected, out;
    whole.finish(expected);
    first.finish(out);
    for (size_t step = 0; step < 5; ++step) {
      if (std::isnan(expected.values[step]) || std::isinf(expected.values[step])) {
        EXPECT_FALSE(std::isfinite(out.values[step])) << "kind " << k;
      } else {
        EXPECT_NEAR(out.values[step], expected.values[step],
                    std::fabs(expected.values[step]) * 1e-12)
            << "kind " << k;
      }
    }
  }
}

model::HistogramPtr histogram(double count) {
  auto h = std::make_shared<model::Histogram>();
  h->count = count;
  h->sum = count * 2;
  h->positive_spans = {{0, 1}};
  h->positive_buckets = {count};
  return h;
}

TEST(Accumulator, Histograms) {
  Column first = column({kStale, kStale, 5}), second = first;
  first.set_histogram(0, histogram(4));
  first.set_histogram(1, histogram(4));
  second.set_histogram(0, histogram(2));
  second.values[1] = 3;
  Accumulator sum(AggregateKind::Sum, 3);
  sum.add(first);
  sum.add(second);
  Column out;
  sum.finish(out);
  ASSERT_TRUE(out.has_histogram(0));
  EXPECT_EQ(out.histograms[0]->count, 6);
  EXPECT_EQ(out.histograms[0]->positive_buckets, std::vector<double>{6});
  EXPECT_FALSE(out.has(1)) << "a histogram and a float have no sum";
  EXPECT_TRUE(sum.flags().mixed);
  EXPECT_EQ(out.values[2], 10);

  Accumulator avg(AggregateKind::Avg, 3);
  avg.add(first);
  avg.add(second);
  avg.finish(out);
  EXPECT_EQ(out.histograms[0]->count, 3);

  Accumulator max(AggregateKind::Max, 3);
  max.add(first);
  max.add(second);
  EXPECT_TRUE(max.flags().ignored_histogram);
  max.finish(out);
  EXPECT_EQ(out.values[1], 3);

  Accumulator count(AggregateKind::Count, 3);
  count.add(first);
  count.add(second);
  count.finish(out);
  EXPECT_EQ(out.values, (std::vector<double>{2, 2, 2}));
}

TEST(Accumulator, ExponentialAndCustomBucketsHaveNoSum) {
  auto custom = std::make_shared<model::Histogram>(*histogram(3));
  custom->schema = model::kCustomBucketsSchema;
  custom->custom_values = {1, 2};
  Column a = column({kStale}), b = a;
  a.set_histogram(0, histogram(4));
  b.set_histogram(0, custom);
  Accumulator sum(AggregateKind::Sum, 1);
  sum.add(a);
  EXPECT_FALSE(sum.flags().mixed_schemas);
  sum.add(b);
  EXPECT_TRUE(sum.flags().mixed_schemas);
  Column out;
  sum.finish(out);
  EXPECT_FALSE(out.has(0));
}

TEST(Quantile, InterpolatesAndPutsNaNLowest) {
  std::vector<double> values{4, 1, 3, 2};
  EXPECT_EQ(quantile(0.5, values), 2.5);
  EXPECT_EQ(quantile(0, values), 1);
  EXPECT_EQ(quantile(1, values), 4);
  EXPECT_EQ(quantile(-1, values), -INFINITY);
  EXPECT_EQ(quantile(2, values), INFINITY);
  EXPECT_TRUE(std::isnan(quantile(NAN, values)));
  values = {NAN, 1, NAN, 2, 3};
  EXPECT_TRUE(std::isnan(quantile(0.25, values)));
  EXPECT_EQ(quantile(0.75, values), 2);
  values.clear();
  EXPECT_TRUE(std::isnan(quantile(0.5, values)));
}

}  // namespace
}  // namespace gnomon::functions
