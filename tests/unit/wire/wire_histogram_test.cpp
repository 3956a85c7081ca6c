#include "src/wire/wire_histogram.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/wire/proto_writer.h"

namespace gnomon::wire {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

ProtoWriter span(int32_t offset, uint32_t length) {
  return ProtoWriter().zigzag(1, offset).varint(2, length);
}

std::string text(const ProtoWriter& message) {
  auto wire = read_histogram(message.text());
  if (!wire.ok()) return wire.error().message;
  const auto sample = to_sample(std::move(wire).value());
  return sample.ok() ? to_string(*sample->histogram) : sample.error().message;
}

ProtoWriter integer() {
  ProtoWriter deltas;
  deltas.raw_varint(ProtoWriter::fold(1)).raw_varint(ProtoWriter::fold(2));
  deltas.raw_varint(ProtoWriter::fold(-1));
  return ProtoWriter()
      .varint(1, 10)
      .float64(3, 18.4)
      .zigzag(4, 0)
      .float64(5, 0.001)
      .varint(6, 2)
      .message(8, span(0, 1))
      .zigzag(9, 2)
      .message(11, span(1, 2))
      .message(11, span(1, 1))
      .message(12, deltas)
      .varint(14, 2)
      .varint(15, 1234);
}

TEST(WireHistogram, IntegerDeltasBecomeCounts) {
  const auto sample = to_sample(read_histogram(integer().text()).value());
  ASSERT_TRUE(sample.ok()) << sample.error().message;
  EXPECT_EQ(sample->time_ms, 1234);
  EXPECT_TRUE(sample->histogram->integer);
  EXPECT_EQ(sample->histogram->hint, model::CounterResetHint::NotReset);
  EXPECT_EQ(to_string(*sample->histogram),
            "{count:10, sum:18.4, [-1,-0.5):2, [-0.001,0.001]:2, (1,2]:1, (2,4]:3, (8,16]:2}");
}

TEST(WireHistogram, FloatCounts) {
  ProtoWriter counts;
  counts.fixed(std::bit_cast<uint64_t>(1.5), 8).fixed(std::bit_cast<uint64_t>(0.25), 8);
  ProtoWriter message;
  message.float64(2, 2.75).float64(3, 1).float64(7, 1).message(11, span(0, 2)).message(13, counts);
  EXPECT_EQ(text(message), "{count:2.75, sum:1, [-0,0]:1, (0.5,1]:1.5, (1,2]:0.25}");
  const auto sample = to_sample(read_histogram(message.text()).value());
  EXPECT_FALSE(sample->histogram->integer);
}

TEST(WireHistogram, CustomBounds) {
  ProtoWriter message;
  message.varint(1, 3).zigzag(4, -53).message(11, span(0, 2)).zigzag(12, 1).zigzag(12, 1);
  message.float64(16, 0.5);
  EXPECT_EQ(text(message), "{count:3, sum:0, [-Inf,0.5]:1, (0.5,+Inf]:2}");
}

TEST(WireHistogram, StaleMarkerSurvives) {
  const auto sample = to_sample(
      read_histogram(ProtoWriter().varint(1, 0).float64(3, model::kStale).text()).value());
  ASSERT_TRUE(sample.ok());
  EXPECT_TRUE(model::is_stale(sample->histogram->sum));
}

TEST(WireHistogram, FineSchemasAreReduced) {
  ProtoWriter message;
  message.varint(1, 15).zigzag(4, 10).message(11, span(-1, 3)).message(11, span(5, 2));
  for (int64_t delta : {1, 1, 1, 1, 1}) message.zigzag(12, delta);
  const auto sample = to_sample(read_histogram(message.text()).value());
  ASSERT_TRUE(sample.ok()) << sample.error().message;
  const model::Histogram& h = *sample->histogram;
  EXPECT_EQ(h.schema, 8);
  // Fine buckets -1 0 | 1 | 7 8 become coarse 0, 1 and 2.
  EXPECT_EQ(h.positive_spans, (std::vector<model::BucketSpan>{{0, 3}}));
  EXPECT_EQ(h.positive_buckets, (std::vector<double>{3, 3, 9}));
}

TEST(WireHistogram, RefusesInPrometheusWords) {
  const auto base = [] { return ProtoWriter().varint(1, 3); };
  EXPECT_EQ(text(base().zigzag(4, 53)),
            "histogram has an invalid schema, which must be between -4 and 8 for exponential "
            "buckets, or -53 for custom buckets, got schema 53");
  EXPECT_EQ(text(base().message(11, span(0, 2)).zigzag(12, 3)),
            "positive side: spans need 2 buckets, have 1 buckets: histogram spans specify "
            "different number of buckets than provided");
  EXPECT_EQ(text(base().message(8, span(0, 1)).message(8, span(-1, 1))),
            "negative side: span number 2 with offset -1: histogram has a span whose offset is "
            "negative");
  EXPECT_EQ(text(base().message(11, span(0, 2)).zigzag(12, 1).zigzag(12, -2)),
            "positive side: bucket number 2 has observation count of -1: histogram has a bucket "
            "whose observation count is negative");
  EXPECT_EQ(text(base()),
            "0 observations found in buckets, but the Count field is 3: histogram's observation "
            "count should equal the number of observations found in the buckets (in absence of "
            "NaN)");
  EXPECT_EQ(text(base().float64(3, kNaN).varint(6, 4)),
            "4 observations found in buckets, but the Count field is 3: histogram's observation "
            "count should be at least the number of observations found in the buckets");
  EXPECT_EQ(text(base().float64(16, 1)),
            "histogram with exponential schema must not have custom bounds");
  EXPECT_EQ(text(ProtoWriter().float64(2, -1.5)),
            "observation count is  -1.5: histogram's observation count is negative");
  EXPECT_EQ(text(ProtoWriter().float64(2, 1).float64(7, -2)),
            "zero bucket has observation count of -2: histogram has a bucket whose observation "
            "count is negative");
  EXPECT_EQ(text(ProtoWriter().float64(2, 1).message(11, span(0, 1)).float64(13, -0.5)),
            "positive side: bucket number 1 has observation count of -0.5: histogram has a bucket "
            "whose observation count is negative");
}

TEST(WireHistogram, RefusesBadCustomBounds) {
  const auto base = [] { return ProtoWriter().varint(1, 0).zigzag(4, -53); };
  EXPECT_EQ(text(base().float64(16, 2).float64(16, 1)),
            "custom buckets: previous bound is 2.000000 and current is 1.000000: histogram custom "
            "bounds must be in strictly increasing order");
  EXPECT_EQ(text(base().float64(16, kNaN)),
            "custom buckets: histogram custom bounds must not be NaN");
  EXPECT_EQ(text(base().float64(16, 1).float64(16, kInfinity)),
            "custom buckets: last +Inf bound must not be explicitly defined: histogram custom "
            "bounds must be finite");
  EXPECT_EQ(text(base().float64(16, 1).message(11, span(2, 1)).zigzag(12, 0)),
            "custom buckets: only 1 custom bounds defined which is insufficient to cover total "
            "span length of 3: histogram custom bounds are too few");
  EXPECT_EQ(text(base().message(11, span(-1, 0))),
            "custom buckets: span number 1 with offset -1: histogram has a span whose offset is "
            "negative");
  EXPECT_EQ(text(base().varint(6, 1)), "custom buckets: must have zero count of 0");
  EXPECT_EQ(text(base().float64(5, 1)), "custom buckets: must have zero threshold of 0");
  EXPECT_EQ(text(base().message(8, span(0, 0))), "custom buckets: must not have negative spans");
  EXPECT_EQ(text(base().zigzag(9, 1)), "custom buckets: must not have negative buckets");
}

TEST(WireHistogram, BrokenMessages) {
  EXPECT_EQ(text(ProtoWriter().varint(3, 1)), "proto: wrong wireType");
  EXPECT_EQ(text(ProtoWriter().bytes(13, "1234567")), "unexpected EOF");
  EXPECT_EQ(text(ProtoWriter().bytes(12, "\x80")), "unexpected EOF");
  EXPECT_EQ(text(ProtoWriter().bytes(11, "\x08")), "unexpected EOF");
}

}  // namespace
}  // namespace gnomon::wire
