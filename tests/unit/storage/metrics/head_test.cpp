#include "src/storage/metrics/head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "src/base/limits.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::storage {
namespace {

using model::SampleBlock;

SampleBlock floats(std::vector<std::pair<int64_t, double>> samples) {
  SampleBlock block;
  for (const auto& [time, value] : samples) {
    block.times.push_back(time);
    block.values.push_back(value);
  }
  return block;
}

SampleBlock read(const Head& head, SeriesId id, int64_t min = model::kTimeMin,
                 int64_t max = model::kTimeMax) {
  SampleBlock block;
  for (const auto& window : *head.snapshot()) EXPECT_TRUE(window->read(id, min, max, block).ok());
  return block;
}

const auto kNothing = [](SeriesId, int64_t, SampleBlock&) {};

TEST(Merge, TheFirstBlockWins) {
  SampleBlock into = floats({{1, 1}, {3, 3}, {5, 5}});
  merge_samples(into, floats({{0, 9}, {3, 9}, {4, 9}, {6, 9}}));
  EXPECT_EQ(into.times, (std::vector<int64_t>{0, 1, 3, 4, 5, 6}));
  EXPECT_EQ(into.values, (std::vector<double>{9, 1, 3, 9, 5, 9}));
  SampleBlock starts = floats({{7, 7}, {8, 8}});
  starts.starts = {1, 2};
  merge_samples(into, starts);
  EXPECT_EQ(into.starts, (std::vector<int64_t>{0, 0, 0, 0, 0, 0, 1, 2}));
}

TEST(Merge, AHistogramAndAFloatShareNoTime) {
  SampleBlock into = floats({{1, 1}, {2, 2}});
  SampleBlock other;
  other.histograms.push_back({2, std::make_shared<model::Histogram>(), 0});
  other.histograms.push_back({3, std::make_shared<model::Histogram>(), 0});
  merge_samples(into, other);
  EXPECT_EQ(into.size(), 3u);
  EXPECT_EQ(last_time(into), 3);
  merge_samples(into, floats({{3, 3}, {4, 4}}));
  EXPECT_EQ(into.times, (std::vector<int64_t>{1, 2, 4}));
}

TEST(ChunkList, CutsWhatIsLong) {
  SampleBlock block;
  for (int i = 0; i < 7000; ++i) {
    block.times.push_back(i * 1000);
    block.values.push_back(i % 10);
  }
  block.histograms.push_back({2'879'500, std::make_shared<model::Histogram>(), 0});
  std::string bytes;
  encode_chunks(block, bytes);
  const auto info = chunks_info(bytes);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->samples, 7001u);
  EXPECT_EQ(info->min_time_ms, 0);
  EXPECT_EQ(info->max_time_ms, 6'999'000);
  SampleBlock back;
  ASSERT_TRUE(decode_chunks(bytes, model::kTimeMin, model::kTimeMax, back).ok());
  EXPECT_EQ(back.times, block.times);
  EXPECT_EQ(back.values, block.values);
  EXPECT_EQ(back.histograms.size(), 1u);
  SampleBlock some;
  ASSERT_TRUE(decode_chunks(bytes, 3'000'000, 3'001'000, some).ok());
  EXPECT_EQ(some.times, (std::vector<int64_t>{3'000'000, 3'001'000}));
  for (size_t i = 0; i < bytes.size(); i += 97) {
    SampleBlock cut;
    EXPECT_FALSE(i > 0 && decode_chunks(std::string_view(bytes).substr(0, i), model::kTimeMin,
                                        model::kTimeMax, cut)
                              .ok())
        << i;
  }
}

// Many series, any order, repeats and conflicts: a map is the oracle.
TEST(Head, KeepsWhatAMapKeeps) {
  Head head(kNothing);
  std::map<std::pair<uint32_t, int64_t>, double> oracle;
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    if (i % 100 == 0) head.begin_record(static_cast<uint64_t>(i));
    const uint32_t series = 1 + random() % 7;
    const bool late = random() % 8 == 0;
    const int64_t time = (late ? static_cast<int64_t>(random()) % 20'000 : i) * 900;
    const double value = static_cast<double>(random() % 2);
    const auto [at, fresh] = oracle.try_emplace({series, time}, value);
    const Added expected = fresh                 ? Added::Stored
                           : at->second == value ? Added::Repeated
                                                 : Added::Conflict;
    ASSERT_EQ(head.add(SeriesId{series}, time, value), expected);
  }
  for (uint32_t series = 1; series <= 7; ++series) {
    SampleBlock expected;
    for (const auto& [key, value] : oracle) {
      if (key.first != series || key.second < 5'000'000 || key.second > 16'000'000) continue;
      expected.times.push_back(key.second);
      expected.values.push_back(value);
    }
    const SampleBlock block = read(head, SeriesId{series}, 5'000'000, 16'000'000);
    EXPECT_EQ(block.times, expected.times);
    EXPECT_EQ(block.values, expected.values);
  }
  EXPECT_TRUE(read(head, SeriesId{8}).empty());
}

// More of them than a chunk takes, some of them late.
TEST(Head, OneSeriesMayHaveMillionsOfSamplesInAWindow) {
  Head head(kNothing);
  const auto samples = static_cast<int64_t>(base::kChunkSamplesMax) + 1;
  for (int64_t i = 0; i < samples; ++i) head.add(SeriesId{1}, 4 * i, 1);
  EXPECT_EQ(head.add(SeriesId{1}, 1, 2), Added::Stored);
  const auto others = static_cast<int64_t>(base::kHeadSamplesLateMax);
  for (int64_t i = 0; i < others; ++i) {
    EXPECT_EQ(head.add(SeriesId{1}, 4 * (samples + i), 1, 1),
              Added::Stored);  // beside the late one
  }
  EXPECT_EQ(head.add(SeriesId{1}, 4, 3), Added::Conflict);
  const SampleBlock block = read(head, SeriesId{1});
  EXPECT_EQ(block.size(), static_cast<size_t>(samples + 1 + others));
  EXPECT_TRUE(std::is_sorted(block.times.begin(), block.times.end()));
}

TEST(Head, HistogramsInOrderAreCompressedApart) {
  Head head(kNothing);
  const auto histogram = std::make_shared<model::Histogram>();
  const size_t samples = 100 * base::kHeadSamplesLateMax;
  for (size_t i = 0; i < samples; ++i) {
    const auto time = static_cast<int64_t>(i) * 200;
    const Added added = i % 5 == 0 ? head.add(SeriesId{1}, time, 1)
                                   : head.add(SeriesId{1}, model::HistogramSample{time, histogram});
    ASSERT_EQ(added, Added::Stored);
  }
  EXPECT_EQ(read(head, SeriesId{1}).size(), samples);
}

TEST(Head, AWindowOfOneSeriesIsSmall) {
  HeadWindow window(0, 1);
  window.add(SeriesId{5'000'000}, 1, 1, 0, model::kTimeMin);
  EXPECT_TRUE(window.has(SeriesId{5'000'000}));
  EXPECT_FALSE(window.has(SeriesId{5'000'001}));
  EXPECT_FALSE(window.has(SeriesId{1}));
  EXPECT_LE(sizeof(window) + window.bytes(), 16u << 10);
}

TEST(Head, SealsWindowByWindow) {
  SampleBlock sealed;
  Head head([&](SeriesId, int64_t window, SampleBlock& block) {
    if (window == 0) merge_samples(block, sealed);
  });
  head.begin_record(5);
  EXPECT_EQ(head.add(SeriesId{1}, 1000, 1), Added::Stored);
  head.begin_record(6);
  EXPECT_EQ(head.add(SeriesId{1}, kWindowMs, 2), Added::Stored);
  EXPECT_EQ(head.needed_seq(nullptr), 5u);
  const auto frozen = head.freeze([](const HeadWindow& w) { return w.window() == 0; });
  ASSERT_EQ(frozen.size(), 1u);
  EXPECT_EQ(frozen[0]->last_seq(), 6u);
  EXPECT_EQ(head.needed_seq(frozen[0].get()), 6u);
  // Frozen, not sealed yet: repeats are still found, late samples open a second window.
  head.begin_record(7);
  EXPECT_EQ(head.add(SeriesId{1}, 1000, 1), Added::Repeated);
  EXPECT_EQ(head.add(SeriesId{1}, 1000, 3), Added::Conflict);
  EXPECT_EQ(head.add(SeriesId{1}, 500, 0.5), Added::Stored);
  EXPECT_EQ(read(head, SeriesId{1}).times, (std::vector<int64_t>{500, 1000, kWindowMs}));
  sealed = floats({{1000, 1}});
  head.drop(frozen[0].get());
  EXPECT_EQ(read(head, SeriesId{1}).times, (std::vector<int64_t>{500, kWindowMs}));
  EXPECT_EQ(head.add(SeriesId{1}, 1000, 3), Added::Conflict);
  EXPECT_EQ(head.needed_seq(nullptr), 6u);
  EXPECT_EQ(head.max_time_ms(), kWindowMs);
}

}  // namespace
}  // namespace gnomon::storage
