// Native histograms of one layout take shorter ways: these give the bits of the long ones.

#include "src/functions/steady_histograms.h"

#include <gtest/gtest.h>

#include <random>

#include "src/functions/histogram_rollup.h"
#include "src/functions/table.h"

namespace gnomon::functions {
namespace {

using model::BucketSpan;
using model::CounterResetHint;
using model::Histogram;
using model::HistogramSample;

// A counter whose buckets grow seldom; now and then a reset, another layout, or a gauge.
class Grower {
 public:
  explicit Grower(uint32_t seed) : random_(seed) {
    h_.schema = one_of(4) == 0 ? model::kCustomBucketsSchema : 3;
    if (h_.custom()) h_.custom_values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    if (!h_.custom() && one_of(2) == 0) h_.zero_threshold = 0.001;
    lay_out();
  }

  Histogram next() {
    if (one_of(30) == 0) h_.positive_buckets.assign(h_.positive_buckets.size(), 0);
    if (one_of(30) == 0) lay_out();
    h_.hint = one_of(60) == 0 ? CounterResetHint::Gauge : CounterResetHint::Unknown;
    for (auto* buckets : {&h_.positive_buckets, &h_.negative_buckets}) {
      for (double& count : *buckets) count += one_of(3) == 0 ? one_of(100) * 0.3 : 0;
    }
    if (!h_.custom()) h_.zero_count += one_of(2);
    h_.sum += one_of(1000) * 0.7;
    h_.count = h_.zero_count;
    for (double count : h_.positive_buckets) h_.count += count;
    for (double count : h_.negative_buckets) h_.count += count;
    return h_;
  }

 private:
  uint32_t one_of(uint32_t n) { return random_() % n; }

  void lay_out() {
    // Schema 3 from index -85 lies about the zero bucket of 0.001.
    const int32_t first = h_.custom() ? 0 : one_of(3) == 0 ? -85 : 4;
    h_.positive_spans = {{first, 1 + one_of(4)}, {static_cast<int32_t>(one_of(3)), 3}};
    h_.positive_buckets.resize(h_.positive_spans[0].length + 3);
    if (h_.custom()) return;
    h_.negative_spans = {{2, one_of(3)}};
    h_.negative_buckets.resize(h_.negative_spans[0].length);
  }

  std::mt19937 random_;
  Histogram h_;
};

std::vector<HistogramSample> grown(uint32_t seed, size_t count) {
  Grower grower(seed);
  std::vector<HistogramSample> samples;
  for (size_t i = 0; i < count; ++i) {
    samples.push_back(
        {static_cast<int64_t>(i) * 1000, std::make_shared<const Histogram>(grower.next()), 0});
  }
  return samples;
}

TEST(SteadyHistograms, AreSubtractedAsAnyOthers) {
  model::Annotations annotations;
  RollupContext context;
  context.annotations = &annotations;
  Remarks remarks(context);
  size_t covered = 0;
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const auto samples = grown(seed, 60);
    const auto resets = find_histogram_resets(samples, false);
    const SteadyHistograms steady(samples, resets);
    for (size_t first = 0; first < samples.size(); ++first) {
      for (size_t last = first + 1; last < samples.size() && steady.covers(first, last); ++last) {
        const auto window = std::span(samples).subspan(first, last - first + 1);
        auto increase = histogram_increase(window, resets, first, true, false, remarks);
        ASSERT_TRUE(increase);
        increase->multiply(0.37);
        const auto quick = SteadyHistograms::scaled_difference(*samples[last].histogram,
                                                               *samples[first].histogram, 0.37);
        ASSERT_TRUE(model::identical(increase->plain(), *quick))
            << seed << ": " << first << ".." << last << "\n"
            << model::to_string(increase->plain()) << "\n"
            << model::to_string(*quick);
        ++covered;
      }
    }
  }
  EXPECT_GT(covered, 1000u);
  EXPECT_TRUE(annotations.empty());
}

TEST(SteadyHistograms, SumsInPlaceAreSums) {
  size_t in_place = 0;
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const auto samples = grown(seed, 20);
    WideHistogram quick(*samples[0].histogram);
    WideHistogram slow = quick;
    for (const HistogramSample& sample : samples) {
      if (quick.add_in_place(*sample.histogram)) {
        ++in_place;
      } else {
        quick.add(WideHistogram(*sample.histogram), WideHistogram::Mode::KahanAdd);
      }
      slow.add(WideHistogram(*sample.histogram), WideHistogram::Mode::KahanAdd);
      ASSERT_TRUE(model::identical(quick.plain(), slow.plain())) << seed;
      ASSERT_TRUE(model::identical(quick.compensated(), slow.compensated())) << seed;
    }
  }
  EXPECT_GT(in_place, 1000u);
}

}  // namespace
}  // namespace gnomon::functions
