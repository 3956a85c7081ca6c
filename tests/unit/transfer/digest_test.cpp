#include "src/transfer/digest.h"

#include <gtest/gtest.h>

#include <memory>

namespace gnomon::transfer {
namespace {

model::SampleBlock block() {
  model::SampleBlock block;
  block.times = {1, 2};
  block.values = {0.0, 5.0};
  model::Histogram h;
  h.count = 3;
  h.positive_spans = {{0, 1}};
  h.positive_buckets = {3};
  block.histograms = {{7, std::make_shared<model::Histogram>(h)}};
  return block;
}

template <typename Change>
model::SampleBlock changed(Change change) {
  model::SampleBlock out = block();
  change(out);
  return out;
}

template <typename Change>
model::SampleBlock other_histogram(Change change) {
  return changed([&](model::SampleBlock& b) {
    auto h = *b.histograms[0].histogram;
    change(h);
    b.histograms[0].histogram = std::make_shared<model::Histogram>(std::move(h));
  });
}

TEST(Digest, IsTheSameForEqualBlocks) {
  EXPECT_EQ(digest(block()), digest(block()));
  EXPECT_EQ(digest(block()).samples, 3u);
  EXPECT_EQ(digest(changed([](auto& b) { b.starts = {0, 0}; })), digest(block()));
}

TEST(Digest, SeesEveryBit) {
  const std::vector<model::SampleBlock> others = {
      changed([](auto& b) { b.values[0] = -0.0; }),
      changed([](auto& b) { b.times[1] = 3; }),
      changed([](auto& b) {
        b.starts = {0, 1};
      }),
      changed([](auto& b) {
        b.starts = {1, 0};
      }),
      changed([](auto& b) { b.histograms[0].time_ms = 8; }),
      changed([](auto& b) { b.histograms[0].start_ms = 1; }),
      changed([](auto& b) { b.histograms.clear(); }),
      other_histogram([](auto& h) { h.hint = model::CounterResetHint::Gauge; }),
      other_histogram([](auto& h) { h.integer = true; }),
      other_histogram([](auto& h) { h.schema = 1; }),
      other_histogram([](auto& h) { h.sum = -0.0; }),
      other_histogram([](auto& h) { h.zero_count = 1; }),
      other_histogram([](auto& h) { h.zero_threshold = 1; }),
      other_histogram([](auto& h) { h.positive_spans[0].offset = -1; }),
      other_histogram([](auto& h) { std::swap(h.positive_spans, h.negative_spans); }),
      other_histogram([](auto& h) { std::swap(h.positive_buckets, h.negative_buckets); }),
      other_histogram([](auto& h) { h.custom_values = {1}; }),
  };
  for (size_t i = 0; i < others.size(); ++i) {
    EXPECT_NE(digest(others[i]), digest(block())) << i;
    for (size_t j = 0; j < i; ++j) EXPECT_NE(digest(others[i]), digest(others[j])) << i << " " << j;
  }
}

}  // namespace
}  // namespace gnomon::transfer
