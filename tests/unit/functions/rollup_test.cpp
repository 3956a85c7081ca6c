#include "src/functions/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "src/functions/table.h"
#include "tests/unit/functions/reference.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::TimeGrid;

struct Series {
  std::vector<int64_t> times;
  std::vector<double> values;
};

enum class Values { Counter, Decimal, Integer, Hard, Zeros, Huge };
enum class Times { Regular, Jitter, Gaps };

double next_value(Values kind, double before, std::mt19937_64& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  const double u = unit(random);
  switch (kind) {
    case Values::Counter:
      return u < 0.03 ? std::floor(u * 100) : before + std::floor(u * 10);
    case Values::Decimal:
      return std::round(u * 1000) / 10 - 40;
    case Values::Integer:
      return std::floor(u * 6);
    case Values::Zeros:
      return u < 0.5 ? 0.0 : -0.0;
    case Values::Huge:
      return (u - 0.3) * 1.7e308;
    case Values::Hard:
      break;
  }
  const double specials[] = {NAN, INFINITY, -INFINITY, -0.0, 0.0, 1e300, -1e300, 1e-310};
  if (u < 0.15) return specials[static_cast<size_t>(u / 0.15 * 8)];
  return std::normal_distribution<double>(0, std::pow(10, 20 * unit(random) - 10))(random);
}

Series make_series(Times times, Values values, size_t size, std::mt19937_64& random) {
  Series series;
  int64_t t = 1'700'000'000'000 + static_cast<int64_t>(random() % 15'000);
  double v = 0;
  for (size_t i = 0; i < size; ++i) {
    v = next_value(values, v, random);
    series.times.push_back(t);
    series.values.push_back(v);
    t += 15'000;
    if (times != Times::Regular) t += static_cast<int64_t>(random() % 2'000) - 1'000;
    if (times == Times::Gaps && random() % 40 == 0) t += 700'000;
  }
  return series;
}

PlainWindow window_of(const Series& series, int64_t end, int64_t range_ms) {
  PlainWindow window{end - range_ms, end, {}};
  for (size_t i = 0; i < series.times.size(); ++i) {
    const int64_t t = series.times[i];
    if (t > window.start && t <= end) window.samples.push_back({t, series.values[i]});
  }
  return window;
}

// The same bits, all NaN being one. Which of 0 and -0 comes first in sorted values is open.
bool same(std::string_view name, double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return true;
  if (name == "quantile_over_time" && a == 0 && b == 0) return true;
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

class RollupRunner {
 public:
  RollupRunner(std::string_view name, TimeGrid grid, int64_t range_ms) : name_(name) {
    context_.grid = grid;
    context_.eval_grid = grid;
    context_.range_ms = range_ms;
    context_.metric_name = "m_total";
    context_.annotations = &annotations_;
    const bool smoothing = name == "double_exponential_smoothing";
    const double argument = name == "quantile_over_time" ? 0.37 : smoothing ? 0.3 : 600;
    argument_.assign(grid.steps(), argument);
    second_.assign(grid.steps(), 0.6);
    scalars_ = {std::span<const double>(argument_), std::span<const double>(second_)};
    context_.scalars = scalars_;
  }

  Column run(const Series& series) {
    Column out;
    out.reset(context_.grid.steps());
    find_function(name_)->rollup({series.times, series.values, {}, {}}, context_, out);
    return out;
  }

  void expect_plain(const Series& series) {
    const Column out = run(series);
    for (size_t step = 0; step < out.steps(); ++step) {
      PlainWindow window = window_of(series, context_.grid.at(step), context_.range_ms);
      window.argument = argument_[0];
      window.second_argument = second_[0];
      const std::optional<double> expected = plain_rollup(name_, window);
      ASSERT_EQ(out.has_float(step), expected.has_value()) << name_ << " step " << step;
      if (!expected) continue;
      ASSERT_TRUE(same(name_, out.values[step], *expected))
          << name_ << " step " << step << ": " << out.values[step] << " not " << *expected;
    }
  }

  model::Annotations& annotations() { return annotations_; }
  RollupContext& context() { return context_; }

 private:
  std::string_view name_;
  RollupContext context_;
  model::Annotations annotations_;
  std::vector<double> argument_, second_;
  std::vector<std::span<const double>> scalars_;
};

// Every rollup, over every kind of times and values, many windows: the same bits as the plain way.
class EveryRollup : public testing::TestWithParam<const Function*> {};

TEST_P(EveryRollup, EqualsThePlainWay) {
  std::mt19937_64 random(42);
  for (Times times : {Times::Regular, Times::Jitter, Times::Gaps}) {
    for (Values values : {Values::Counter, Values::Decimal, Values::Integer, Values::Hard,
                          Values::Zeros, Values::Huge}) {
      const Series series = make_series(times, values, 400, random);
      const int64_t start = series.times.front() - 400'000;
      const int64_t end = series.times.back() + 400'000;
      for (int64_t step : {15'000, 60'000, 77'777, 900'000}) {
        for (int64_t range : {15'000, 61'500, 300'000, 3'000'000}) {
          RollupRunner(GetParam()->name, {start, end, step}, range).expect_plain(series);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_P(EveryRollup, IsSilentAboutNothingAndOneSample) {
  const TimeGrid grid{1'000'000, 1'600'000, 60'000};
  RollupRunner runner(GetParam()->name, grid, 120'000);
  EXPECT_TRUE(runner.run({}).empty());
  runner.expect_plain({{1'130'000}, {7}});
}

std::vector<const Function*> rollups() {
  std::vector<const Function*> found;
  for (const Function* function : all_functions()) {
    if (function->shape == Shape::Rollup) found.push_back(function);
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Functions, EveryRollup, testing::ValuesIn(rollups()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST(Rate, ByHand) {
  // 10 per 15 s from 0; the window (60 s, 120 s] holds 75, 90, 105 and 120 s.
  Series series;
  for (int64_t i = 0; i <= 8; ++i) {
    series.times.push_back(i * 15'000);
    series.values.push_back(static_cast<double>(i) * 10);
  }
  RollupRunner runner("rate", TimeGrid::instant(120'000), 60'000);
  EXPECT_DOUBLE_EQ(runner.run(series).values[0], 40.0 / 60);
  EXPECT_TRUE(runner.annotations().empty());
}

TEST(Rate, ACounterIsNotExtrapolatedBelowZero) {
  // First sample 5 after 50 s of an empty window; zero would be 7.5 s before the first sample.
  const Series series{{50'000, 60'000}, {3, 7}};
  RollupRunner runner("increase", TimeGrid::instant(60'000), 60'000);
  // average 10 s; to start 50 s >= 11 s: 5 s; zero at 10 * 3/4 = 7.5 s, not nearer.
  EXPECT_DOUBLE_EQ(runner.run(series).values[0], 4 * (10.0 + 5.0) / 10.0);
}

TEST(Rate, RemarksOnNamesThatAreNoCounters) {
  const Series series{{50'000, 60'000}, {3, 7}};
  RollupRunner runner("rate", TimeGrid::instant(60'000), 60'000);
  runner.context().metric_name = "temperature";
  runner.run(series);
  EXPECT_EQ(
      runner.annotations().infos("rate(temperature[1m])"),
      std::vector<std::string>{"PromQL info: metric might not be a counter, name does not end in "
                               "_total/_sum/_count/_bucket: \"temperature\" (1:1)"});
}

TEST(Rate, SaysNothingOfNamesWithoutPoints) {
  RollupRunner runner("rate", TimeGrid::instant(60'000), 60'000);
  runner.context().metric_name = "temperature";
  runner.run({{50'000}, {3}});
  EXPECT_TRUE(runner.annotations().empty());
}

TEST(Rate, StartTimestampsCountFromZero) {
  // One sample of 30, begun 20 s before the end of the window.
  const std::vector<int64_t> times{55'000}, starts{40'000};
  const std::vector<double> values{30};
  RollupRunner runner("increase", TimeGrid::instant(60'000), 60'000);
  runner.context().use_start_timestamps = true;
  Column out;
  out.reset(1);
  find_function("increase")->rollup({times, values, starts, {}}, runner.context(), out);
  EXPECT_DOUBLE_EQ(out.values[0], 30);
}

TEST(Rate, RemarksOnEachWindowWithOverlappingStartTimes) {
  // The third sample began before the second one.
  const std::vector<int64_t> times{60'000, 120'000, 180'000}, starts{30'000, 30'000, 100'000};
  const std::vector<double> values{1, 2, 3};
  const auto remarks = [&](int64_t range_ms, RangeModifier modifier) {
    RollupRunner runner("rate", TimeGrid{60'000, 240'000, 60'000}, range_ms);
    runner.context().use_start_timestamps = true;
    runner.context().modifier = modifier;
    Column out;
    out.reset(4);
    find_function("rate")->rollup({times, values, starts, {}}, runner.context(), out);
    return runner.annotations().warnings("q");
  };
  const std::vector<std::string> none;
  EXPECT_EQ(remarks(60'000, RangeModifier::None), none);
  EXPECT_EQ(remarks(180'000, RangeModifier::Anchored), none);
  const auto twice = remarks(180'000, RangeModifier::None);
  ASSERT_EQ(twice.size(), 1u);
  EXPECT_NE(twice[0].find("(2 occurrences)"), std::string::npos) << twice[0];
}

TEST(QuantileOverTime, WarnsOfAQuantileOutsideZeroToOne) {
  RollupRunner runner("quantile_over_time", TimeGrid::instant(60'000), 60'000);
  const std::vector<double> q{1.5};
  const std::span<const double> scalars[] = {q};
  runner.context().scalars = scalars;
  const Column out = runner.run({{50'000, 60'000}, {3, 7}});
  EXPECT_EQ(out.values[0], INFINITY);
  EXPECT_EQ(runner.annotations().warnings("q"),
            std::vector<std::string>{
                "PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:1)"});
}

TEST(Rollup, FloatsBesideHistograms) {
  const std::vector<int64_t> times{50'000, 60'000};
  const std::vector<double> values{3, 7};
  const std::vector<model::HistogramSample> histograms{
      {55'000, std::make_shared<model::Histogram>(), 0}};
  auto run = [&](std::string_view name, model::Annotations& annotations) {
    RollupRunner runner(name, TimeGrid::instant(60'000), 60'000);
    Column out;
    out.reset(1);
    find_function(name)->rollup({times, values, {}, histograms}, runner.context(), out);
    annotations = runner.annotations();
    return out;
  };
  model::Annotations annotations;
  for (std::string_view name : {"rate", "sum_over_time", "avg_over_time", "irate"}) {
    EXPECT_TRUE(run(name, annotations).empty()) << name;
    EXPECT_EQ(annotations.warnings("x"),
              std::vector<std::string>{"PromQL warning: encountered a mix of histograms and floats "
                                       "for metric name \"m_total\" (1:1)"})
        << name;
  }
  for (std::string_view name : {"max_over_time", "stddev_over_time", "deriv"}) {
    EXPECT_TRUE(run(name, annotations).has_float(0)) << name;
    EXPECT_EQ(annotations.infos("x"),
              std::vector<std::string>{
                  "PromQL info: ignored histograms in a range containing both floats and "
                  "histograms for metric name \"m_total\" (1:1)"})
        << name;
  }
  EXPECT_EQ(run("count_over_time", annotations).values[0], 3);
  EXPECT_EQ(run("changes", annotations).values[0], 2);
  EXPECT_EQ(run("resets", annotations).values[0], 2);
  EXPECT_EQ(run("last_over_time", annotations).values[0], 7);
}

TEST(Anchored, DifferenceOfTheBordersWithoutExtrapolation) {
  // The sample at 50 s is the newest at or before the start of the range (60 s).
  const Series series{{10'000, 50'000, 70'000, 110'000}, {1, 4, 9, 15}};
  RollupRunner runner("increase", TimeGrid::instant(120'000), 60'000);
  runner.context().modifier = RangeModifier::Anchored;
  runner.context().lookback_ms = 300'000;
  EXPECT_EQ(runner.run(series).values[0], 11);
  RollupRunner changes("changes", TimeGrid::instant(120'000), 60'000);
  changes.context().modifier = RangeModifier::Anchored;
  changes.context().lookback_ms = 300'000;
  EXPECT_EQ(changes.run(series).values[0], 2);
}

TEST(Smoothed, InterpolatesAtBothBorders) {
  const Series series{{50'000, 70'000, 110'000, 130'000}, {4, 9, 15, 25}};
  RollupRunner runner("delta", TimeGrid::instant(120'000), 60'000);
  runner.context().modifier = RangeModifier::Smoothed;
  runner.context().lookback_ms = 300'000;
  EXPECT_EQ(runner.run(series).values[0], 20 - 6.5);
}

}  // namespace
}  // namespace gnomon::functions
