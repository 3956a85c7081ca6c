#include "src/functions/lookback.h"

#include <gtest/gtest.h>

#include <random>

namespace gnomon::functions {
namespace {

using model::Column;
using model::HistogramSample;
using model::kStale;
using model::TimeGrid;

constexpr int64_t kLookback = 300'000;

TEST(InstantLookback, NewestSampleOfALeftOpenWindow) {
  const std::vector<int64_t> times{1'000, 2'000};
  const std::vector<double> values{1, 2};
  Column out;
  instant_lookback(times, values, {}, {999, 302'001, 1}, kLookback, out);
  EXPECT_FALSE(out.has(0));
  EXPECT_EQ(out.values[1], 1) << "at its own time";
  EXPECT_EQ(out.values[1'000], 1);
  EXPECT_EQ(out.values[1'001], 2);
  EXPECT_EQ(out.values[300'999 + 1 - 1], 2);
  EXPECT_TRUE(out.has(301'000)) << "one millisecond less than the lookback old";
  EXPECT_FALSE(out.has(301'001)) << "as old as the lookback";
}

TEST(InstantLookback, AStaleMarkerEndsASeries) {
  const std::vector<int64_t> times{1'000, 2'000, 3'000};
  const std::vector<double> values{1, kStale, 3};
  Column out;
  instant_lookback(times, values, {}, {1'000, 3'000, 1'000}, kLookback, out);
  EXPECT_TRUE(out.has(0));
  EXPECT_FALSE(out.has(1));
  EXPECT_TRUE(out.has(2));
}

TEST(InstantLookback, AgreesWithASearchAtEveryStep) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 50; ++round) {
    std::vector<int64_t> times;
    std::vector<double> values;
    int64_t t = 0;
    for (int i = 0; i < 300; ++i) {
      t += 15'000 + static_cast<int64_t>(random() % 3'000) * (round % 2);
      if (random() % 50 == 0) t += 1'000'000;
      times.push_back(t);
      values.push_back(random() % 20 == 0 ? kStale : i);
    }
    const auto step = static_cast<int64_t>(1'000 + random() % 100'000);
    const TimeGrid grid{-50'000, t + 500'000, step};
    Column out, time;
    instant_lookback(times, values, {}, grid, kLookback, out);
    instant_lookback_time(times, values, {}, grid, kLookback, time);
    for (size_t i = 0; i < grid.steps(); ++i) {
      const int64_t at = grid.at(i);
      double expected = kStale, expected_time = kStale;
      for (size_t k = 0; k < times.size(); ++k) {
        if (times[k] > at || times[k] <= at - kLookback) continue;
        expected = values[k];
        expected_time = model::is_stale(values[k]) ? kStale : static_cast<double>(times[k]) / 1000;
      }
      ASSERT_EQ(out.has(i), !model::is_stale(expected));
      ASSERT_EQ(time.has(i), !model::is_stale(expected_time));
      if (!out.has(i)) continue;
      ASSERT_EQ(out.values[i], expected);
      ASSERT_EQ(time.values[i], expected_time);
    }
  }
}

HistogramSample histogram_at(int64_t time_ms, double sum) {
  auto h = std::make_shared<model::Histogram>();
  h->sum = sum;
  return {time_ms, h, 500};
}

TEST(InstantLookback, FloatsAndHistogramsByTime) {
  const std::vector<int64_t> times{1'000, 4'000};
  const std::vector<double> values{1, 4};
  const std::vector<HistogramSample> histograms{histogram_at(2'000, 7),
                                                histogram_at(5'000, kStale)};
  const TimeGrid grid{1'000, 5'000, 1'000};
  Column out;
  instant_lookback(times, values, histograms, grid, kLookback, out);
  EXPECT_EQ(out.values[0], 1);
  ASSERT_TRUE(out.has_histogram(1));
  EXPECT_EQ(out.histograms[2]->sum, 7);
  EXPECT_EQ(out.values[3], 4);
  EXPECT_FALSE(out.has(4)) << "a stale histogram";
  instant_lookback_time(times, values, histograms, grid, kLookback, out);
  EXPECT_EQ(out.values[2], 2);
  const std::vector<int64_t> starts{250, 0};
  instant_lookback_start(times, values, starts, histograms, grid, kLookback, out);
  EXPECT_EQ(out.values[0], 0.25);
  EXPECT_EQ(out.values[1], 0.5);
  EXPECT_EQ(out.values[3], 0);
}

TEST(InstantSmoothed, OnTheLineBetweenNeighbours) {
  const std::vector<int64_t> times{1'000, 3'000};
  const std::vector<double> values{10, 30};
  model::Annotations annotations;
  SmoothContext context;
  context.grid = {0, 4'000, 500};
  context.lookback_ms = kLookback;
  context.annotations = &annotations;
  Column out;
  instant_smoothed(times, values, {}, context, out);
  EXPECT_FALSE(out.has(0));
  EXPECT_FALSE(out.has(1)) << "nothing before";
  EXPECT_EQ(out.values[2], 10);
  EXPECT_EQ(out.values[3], 15);
  EXPECT_EQ(out.values[6], 30);
  EXPECT_EQ(out.values[8], 30) << "carried forward";
}

}  // namespace
}  // namespace gnomon::functions
