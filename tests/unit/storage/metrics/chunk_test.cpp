#include "src/storage/metrics/chunk.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "src/base/limits.h"

namespace gnomon::storage {
namespace {

using model::HistogramSample;
using model::SampleBlock;
using Random = std::mt19937_64;

uint64_t bits(double v) { return std::bit_cast<uint64_t>(v); }
double from_bits(uint64_t v) { return std::bit_cast<double>(v); }

SampleBlock block_of(const std::vector<double>& values, int64_t start = 1'763'000'000'000,
                     int64_t step = 15'000) {
  SampleBlock block;
  for (size_t i = 0; i < values.size(); ++i) {
    block.times.push_back(start + static_cast<int64_t>(i) * step);
  }
  block.values = values;
  return block;
}

std::string encoded(const SampleBlock& block) {
  std::string chunk;
  encode_chunk(block, chunk);
  return chunk;
}

SampleBlock decoded(std::string_view chunk, int64_t min = model::kTimeMin,
                    int64_t max = model::kTimeMax) {
  SampleBlock block;
  const auto result = decode_chunk(chunk, min, max, block);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return block;
}

void expect_same(const SampleBlock& actual, const SampleBlock& expected) {
  ASSERT_EQ(actual.times, expected.times);
  ASSERT_EQ(actual.starts, expected.starts);
  ASSERT_EQ(actual.values.size(), expected.values.size());
  for (size_t i = 0; i < expected.values.size(); ++i) {
    ASSERT_EQ(bits(actual.values[i]), bits(expected.values[i])) << "value " << i;
  }
  ASSERT_EQ(actual.histograms.size(), expected.histograms.size());
  for (size_t i = 0; i < expected.histograms.size(); ++i) {
    ASSERT_EQ(actual.histograms[i].time_ms, expected.histograms[i].time_ms);
    ASSERT_EQ(actual.histograms[i].start_ms, expected.histograms[i].start_ms);
    ASSERT_TRUE(identical(*actual.histograms[i].histogram, *expected.histograms[i].histogram));
  }
}

void expect_round_trip(const SampleBlock& block) {
  const std::string chunk = encoded(block);
  expect_same(decoded(chunk), block);
  const auto info = chunk_info(chunk);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->samples, block.size());
}

// One value of every kind a double can be, by number.
double odd_double(Random& random) {
  static const double kOdd[] = {0.0,
                                -0.0,
                                1.0,
                                -1.0,
                                INFINITY,
                                -INFINITY,
                                model::kStale,
                                model::kNaN,
                                5e-324,
                                -5e-324,
                                2.2250738585072014e-308,
                                1.7976931348623157e308,
                                9007199254740993.0,
                                0.1,
                                1e22};
  const uint64_t random_bits = random();
  switch (random() % 8) {
    case 0:
      return kOdd[random() % std::size(kOdd)];
    case 1:
      return from_bits(random_bits);  // any bits
    case 2:
      return from_bits(0x7ff0000000000000ull | (random_bits | 1));  // NaN payloads
    case 3:
      return from_bits(random_bits & 0x800fffffffffffffull);  // subnormal
    case 4:
      return static_cast<double>(static_cast<int64_t>(random_bits));  // large integers
    case 5:
      return static_cast<double>(random() % 100'000) / 100;  // decimals
    case 6:
      return static_cast<double>(random() % 1000);
    default:
      return std::normal_distribution<>()(random);
  }
}

TEST(Chunk, EveryKindOfDoubleSurvives) {
  Random random(1);
  for (int round = 0; round < 400; ++round) {
    std::vector<double> values(1 + random() % 400);
    for (double& value : values) value = odd_double(random);
    expect_round_trip(block_of(values));
  }
}

TEST(Chunk, EveryExponentSurvives) {
  Random random(2);
  for (uint64_t exponent = 0; exponent < 2048; ++exponent) {
    std::vector<double> values;
    for (int i = 0; i < 40; ++i) {
      const uint64_t mantissa = i == 0 ? 0 : random() & 0x000fffffffffffffull;
      values.push_back(from_bits((random() & 1) << 63 | exponent << 52 | mantissa));
    }
    expect_round_trip(block_of(values));
  }
}

TEST(Chunk, OddValuesAmongCommonOnesSurvive) {
  Random random(3);
  const std::vector<std::function<double(int)>> common = {
      [](int) { return 1.0; },
      [](int i) { return i * 17.0; },
      [](int i) { return i * 4096.0 + 8192; },
      [](int i) { return (i * 7 % 50) / 100.0; },
      [](int i) { return (i * 7919 % 100'000) / 1e9; },
      [](int i) { return std::sin(i); },
      [](int i) { return i / 20 * 0.1234567890123; },
      [](int i) { return -i * 1e15; },
  };
  for (const auto& value_at : common) {
    for (int odd_every = 2; odd_every < 600; odd_every *= 2) {
      std::vector<double> values;
      for (int i = 0; i < 480; ++i) {
        values.push_back(i % odd_every == 1 ? odd_double(random) : value_at(i));
      }
      expect_round_trip(block_of(values));
    }
  }
}

TEST(Chunk, CountersResetAndStop) {
  std::vector<double> values;
  double sum = 123'456;
  for (int i = 0; i < 1000; ++i) {
    sum = i == 300 ? 0 : sum + (i * 31 % 17);
    values.push_back(i > 600 && i < 610 ? model::kStale : sum);
  }
  expect_round_trip(block_of(values));
}

TEST(Chunk, EveryLengthSurvives) {
  Random random(4);
  for (size_t count = 1; count < 270; ++count) {
    std::vector<double> values(count);
    for (double& value : values) value = static_cast<double>(random() % 50);
    expect_round_trip(block_of(values));
  }
}

TEST(Chunk, TimesOfAllKinds) {
  Random random(5);
  const auto check = [](const std::vector<int64_t>& times) {
    SampleBlock block;
    block.times = times;
    for (size_t i = 0; i < times.size(); ++i) block.values.push_back(static_cast<double>(i));
    expect_round_trip(block);
  };
  check({model::kTimeMin});
  check({model::kTimeMin, model::kTimeMax});
  check({model::kTimeMin, -1, 0, 1, model::kTimeMax});
  check({-5, -4, -3, 10});
  for (const uint64_t spread : std::vector<uint64_t>{1, 4, 1000, 14'999, 1ull << 40}) {
    std::vector<int64_t> late, irregular, gaps;
    int64_t at = -3'000'000;
    for (int i = 0; i < 700; ++i) {
      at += 1 + static_cast<int64_t>(random() % spread);
      irregular.push_back(at);
      late.push_back(i * 15'000 +
                     static_cast<int64_t>(random() % std::min<uint64_t>(spread, 15'000)));
      gaps.push_back(i * 1000 + i / 100 * 77'777);
    }
    check(late);
    check(irregular);
    check(gaps);
  }
}

TEST(Chunk, StartTimesCostNothingWhenAbsent) {
  SampleBlock block = block_of({1, 2, 3, 5, 8});
  const size_t without = encoded(block).size();
  block.starts = {0, 0, 0, 0, 0};
  expect_round_trip(block);
  block.starts = {5, 5, 5, block.times[2], block.times[3]};
  expect_round_trip(block);
  EXPECT_GT(encoded(block).size(), without);
}

TEST(Chunk, StartTimesJoinBlocksThatHaveNone) {
  const SampleBlock early = block_of({1, 2}, 0, 10);
  SampleBlock late = block_of({3, 4}, 100, 10);
  late.starts = {90, 100};
  SampleBlock both = decoded(encoded(early));
  ASSERT_TRUE(decode_chunk(encoded(late), model::kTimeMin, model::kTimeMax, both).ok());
  EXPECT_EQ(both.starts, (std::vector<int64_t>{0, 0, 90, 100}));
  ASSERT_TRUE(decode_chunk(encoded(block_of({5}, 200)), 0, 1000, both).ok());
  EXPECT_EQ(both.starts, (std::vector<int64_t>{0, 0, 90, 100, 0}));
}

TEST(Chunk, DecodesOnlyTheTimesAskedFor) {
  Random random(6);
  for (const bool regular : {true, false}) {
    for (const bool starts : {true, false}) {
      SampleBlock block;
      for (int i = 0; i < 400; ++i) {
        block.times.push_back(1000 + i * 100 + (regular ? 0 : static_cast<int64_t>(random() % 99)));
        block.values.push_back(static_cast<double>(random() % 1000));
        if (starts) block.starts.push_back(block.times.back() - 7);
      }
      const std::string chunk = encoded(block);
      for (int round = 0; round < 500; ++round) {
        const int64_t min = static_cast<int64_t>(random() % 45'000);
        const int64_t max = min + static_cast<int64_t>(random() % 3'000) - 100;
        SampleBlock expected;
        for (size_t i = 0; i < block.times.size(); ++i) {
          if (block.times[i] < min || block.times[i] > max) continue;
          expected.times.push_back(block.times[i]);
          expected.values.push_back(block.values[i]);
          if (starts) expected.starts.push_back(block.starts[i]);
        }
        expect_same(decoded(chunk, min, max), expected);
      }
    }
  }
}

TEST(Chunk, AppendsBehindWhatIsThere) {
  SampleBlock block = block_of({1, 2, 3}, 0, 10);
  ASSERT_TRUE(decode_chunk(encoded(block_of({4, 5}, 100, 10)), 0, 105, block).ok());
  EXPECT_EQ(block.times, (std::vector<int64_t>{0, 10, 20, 100}));
  EXPECT_EQ(block.values, (std::vector<double>{1, 2, 3, 4}));
}

TEST(Chunk, InfoTellsCountAndTimes) {
  const auto info = chunk_info(encoded(block_of({1, 2, 3}, -20, 10)));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->samples, 3u);
  EXPECT_EQ(info->min_time_ms, -20);
  EXPECT_EQ(info->max_time_ms, 0);
}

TEST(Chunk, DamageIsAnErrorAndLeavesTheBlock) {
  Random random(7);
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(i * 3 + static_cast<double>(random() % 9));
  const std::string chunk = encoded(block_of(values));
  const SampleBlock before = block_of({1, 2}, 0, 1);
  for (size_t at = 0; at < chunk.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string bad = chunk;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      SampleBlock block = before;
      const auto result = decode_chunk(bad, model::kTimeMin, model::kTimeMax, block);
      ASSERT_FALSE(result.ok()) << "byte " << at;
      ASSERT_EQ(result.error().kind, ErrorKind::Internal);
      expect_same(block, before);
    }
    SampleBlock block = before;
    ASSERT_FALSE(decode_chunk(chunk.substr(0, at), 0, model::kTimeMax, block).ok());
    expect_same(block, before);
  }
}

TEST(Chunk, SizesStayWhereTheyWere) {
  Random random(8);
  std::poisson_distribution<int> increase(50);
  std::vector<double> counter, cents, pages, seldom;
  double sum = 1e6, rare = 17.25;
  for (int i = 0; i < 480; ++i) {
    sum += increase(random);
    rare += random() % 10 == 0 ? std::normal_distribution<>()(random) : 0;
    counter.push_back(sum);
    cents.push_back(sum / 100);
    pages.push_back(4096.0 * static_cast<double>(random() % 512));
    seldom.push_back(rare);
  }
  EXPECT_LT(encoded(block_of(std::vector<double>(480, 1.0))).size(), 24u);
  EXPECT_LT(encoded(block_of(counter)).size(), 480 * 0.76);
  EXPECT_LT(encoded(block_of(cents)).size(), 480 * 0.76);
  EXPECT_LT(encoded(block_of(pages)).size(), 480 * 1.21);
  EXPECT_LT(encoded(block_of(seldom)).size(), 480 * 0.9);
}

TEST(Chunk, RandomBitsCostNoMoreThanThemselves) {
  Random random(9);
  std::vector<double> values(480);
  for (double& value : values) value = from_bits(random());
  EXPECT_LT(encoded(block_of(values)).size(), 480 * 8 + 60);
}

model::Histogram exponential(Random& random, int buckets, bool integer) {
  model::Histogram h;
  h.schema = 3;
  h.integer = integer;
  h.zero_threshold = 2.938735877055719e-39;
  h.positive_spans = {{-7, static_cast<uint32_t>(buckets / 2)},
                      {3, static_cast<uint32_t>(buckets - buckets / 2)}};
  for (int i = 0; i < buckets; ++i) {
    h.positive_buckets.push_back(static_cast<double>(random() % 100) + (integer ? 0 : 0.25));
  }
  for (const double count : h.positive_buckets) h.count += count;
  h.sum = h.count * 1.37;
  return h;
}

SampleBlock histogram_block(const std::vector<model::Histogram>& histograms) {
  SampleBlock block;
  for (size_t i = 0; i < histograms.size(); ++i) {
    block.histograms.push_back({1000 + static_cast<int64_t>(i) * 15'000,
                                std::make_shared<model::Histogram>(histograms[i]), 0});
  }
  return block;
}

// A histogram as instrumented code yields it: counts only grow, now and then a new bucket appears.
std::vector<model::Histogram> growing(Random& random, int count) {
  std::vector<model::Histogram> out;
  model::Histogram h = exponential(random, 20, true);
  for (int i = 0; i < count; ++i) {
    if (i % 100 == 50) {
      h.positive_spans.push_back({2, 1});
      h.positive_buckets.push_back(0);
    }
    for (double& bucket : h.positive_buckets) {
      const double more = random() % 4 == 0 ? static_cast<double>(random() % 6) : 0;
      bucket += more;
      h.count += more;
      h.sum += more * 0.731;
    }
    out.push_back(h);
  }
  return out;
}

TEST(HistogramChunk, GrowingHistogramsStaySmall) {
  Random random(10);
  const SampleBlock block = histogram_block(growing(random, 480));
  expect_round_trip(block);
  EXPECT_LT(encoded(block).size(), 480u * 20);
}

TEST(HistogramChunk, ChangesOfEveryField) {
  Random random(11);
  std::vector<model::Histogram> histograms;
  for (int i = 0; i < 200; ++i) {
    model::Histogram h = exponential(random, 1 + static_cast<int>(random() % 9), random() % 2 == 0);
    h.hint = static_cast<model::CounterResetHint>(random() % 4);
    if (random() % 10 == 0) h.schema = static_cast<int32_t>(random() % 12) - 4;
    if (random() % 10 == 0) h.zero_threshold = 0.001;
    if (random() % 10 == 0) h.sum = model::kStale;
    if (random() % 3 == 0) h.zero_count = static_cast<double>(random() % 5);
    if (random() % 4 == 0) {
      h.negative_spans = {{0, 1}, {0, 0}, {5, 2}};
      h.negative_buckets = {odd_double(random), odd_double(random), -0.0};
    }
    if (random() % 10 == 0) {
      h.schema = model::kCustomBucketsSchema;
      h.custom_values = {0.1, 0.5, odd_double(random)};
    }
    histograms.push_back(h);
  }
  SampleBlock block = histogram_block(histograms);
  expect_round_trip(block);
  for (HistogramSample& sample : block.histograms) {
    sample.start_ms = sample.time_ms - static_cast<int64_t>(random() % 3);
  }
  expect_round_trip(block);
}

TEST(HistogramChunk, Parts) {
  Random random(12);
  std::vector<model::Histogram> histograms = growing(random, 100);
  for (size_t i = 40; i < 70; ++i) histograms[i].schema = 1;  // three groups
  const SampleBlock block = histogram_block(histograms);
  const std::string chunk = encoded(block);
  for (const auto& [first, last] : {std::pair(0, 39), {39, 40}, {50, 60}, {65, 99}, {99, 99}}) {
    const auto begin = block.histograms.begin();
    SampleBlock part;
    part.histograms.assign(begin + first, begin + last + 1);
    const int64_t first_ms = part.histograms.front().time_ms;
    const int64_t last_ms = part.histograms.back().time_ms;
    expect_same(decoded(chunk, first_ms, last_ms), part);
    expect_same(decoded(chunk, first_ms - 1, last_ms + 1), part);
    EXPECT_TRUE(decoded(chunk, last_ms + 1, last_ms + 2).empty());
  }
}

TEST(HistogramChunk, ContradictorySpansSurvive) {
  model::Histogram few, backwards, huge;
  few.positive_spans = {{0, 5}};
  few.positive_buckets = {1, 2};
  backwards.positive_spans = {{0, 1}, {-5, 1}};
  backwards.positive_buckets = {1, 2};
  huge.negative_spans = {{2'000'000'000, 1}, {2'000'000'000, 4'000'000'000}};
  for (const model::Histogram& h : {few, backwards, huge}) {
    expect_round_trip(histogram_block({h}));
    expect_round_trip(histogram_block({model::Histogram(), h, h}));
  }
}

TEST(HistogramChunk, MoreBucketsThanATableTakes) {
  model::Histogram h;
  h.positive_spans = {{0, 3000}};
  h.positive_buckets.assign(3000, 1);
  expect_round_trip(histogram_block(std::vector<model::Histogram>(1500, h)));
}

TEST(HistogramChunk, FloatsAndHistogramsInOneChunk) {
  Random random(12);
  SampleBlock block = histogram_block(growing(random, 50));
  const SampleBlock floats = block_of({1, model::kStale, 3}, 1'000'000, 60'000);
  block.times = floats.times;
  block.values = floats.values;
  expect_round_trip(block);
  const SampleBlock part = decoded(encoded(block), 31'000, 1'000'000);
  EXPECT_EQ(part.times, (std::vector<int64_t>{1'000'000}));
  ASSERT_EQ(part.histograms.size(), 48u);
  EXPECT_EQ(part.histograms[0].time_ms, 31'000);
  const auto info = chunk_info(encoded(block));
  EXPECT_EQ(info->min_time_ms, 1000);
  EXPECT_EQ(info->max_time_ms, 1'120'000);
}

TEST(HistogramChunk, DamageIsNoticed) {
  Random random(13);
  const std::string chunk = encoded(histogram_block(growing(random, 30)));
  for (size_t at = 0; at < chunk.size(); ++at) {
    std::string bad = chunk;
    bad[at] = static_cast<char>(bad[at] ^ 16);
    SampleBlock block;
    ASSERT_FALSE(decode_chunk(bad, model::kTimeMin, model::kTimeMax, block).ok()) << at;
    ASSERT_TRUE(block.empty());
  }
}

}  // namespace
}  // namespace gnomon::storage
