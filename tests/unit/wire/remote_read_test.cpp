#include "src/wire/remote_read.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <memory>

#include "tests/unit/wire/proto_writer.h"

namespace gnomon::wire {
namespace {

std::string compressed(const ProtoWriter& message) {
  std::string out;
  snappy::Compress(message.text().data(), message.text().size(), &out);
  return out;
}

ProtoWriter matcher(uint64_t type, std::string_view name, std::string_view value) {
  ProtoWriter out;
  out.varint(1, type).bytes(2, name).bytes(3, value);
  return out;
}

TEST(RemoteRead, QueriesAreDecoded) {
  ProtoWriter query, request;
  query.varint(1, static_cast<uint64_t>(-5)).varint(2, 7);
  query.message(3, matcher(0, "__name__", "up")).message(3, matcher(3, "job", "a.*"));
  query.bytes(4, "hints are passed over");
  request.message(1, query).varint(2, 1).varint(2, 0);
  auto queries = decode_read_request(compressed(request));
  ASSERT_TRUE(queries.ok()) << queries.error().message;
  ASSERT_EQ(queries->size(), 1u);
  EXPECT_EQ(queries->at(0).min_time_ms, -5);
  EXPECT_EQ(queries->at(0).max_time_ms, 7);
  ASSERT_EQ(queries->at(0).matchers.size(), 2u);
  EXPECT_EQ(model::to_string(queries->at(0).matchers[0]), R"(__name__="up")");
  EXPECT_EQ(model::to_string(queries->at(0).matchers[1]), R"(job!~"a.*")");
}

TEST(RemoteRead, BadRequestsAreRefused) {
  const auto error = [](const ProtoWriter& request) {
    auto queries = decode_read_request(compressed(request));
    return queries.ok() ? "" : queries.error().message;
  };
  ProtoWriter chunks, type, regex, nothing;
  chunks.varint(2, 1);
  type.message(1, ProtoWriter().message(3, matcher(4, "a", "b")));
  regex.message(1, ProtoWriter().message(3, matcher(2, "a", "(")));
  EXPECT_EQ(error(nothing), "");
  EXPECT_EQ(error(chunks),
            "none of the accepted response types is supported by this server; only SAMPLES is");
  EXPECT_EQ(error(type), "invalid matcher type 4");
  EXPECT_EQ(error(regex).substr(0, 22), "error parsing regexp: ");
  EXPECT_EQ(error(ProtoWriter().tag(1, 2).raw_varint(9)), "unexpected EOF");
  EXPECT_EQ(decode_read_request("x").error().message, "snappy: corrupt input");
}

TEST(RemoteRead, SeriesAreWrittenWithAllTheirSamples) {
  model::Histogram histogram;
  histogram.hint = model::CounterResetHint::Gauge;
  histogram.schema = -1;
  histogram.zero_threshold = 0.5;
  histogram.zero_count = 1;
  histogram.count = 6;
  histogram.sum = -2;
  histogram.positive_spans = {{-3, 2}};
  histogram.positive_buckets = {2, 3};
  model::SampleBlock block;
  block.times = {-1, 2};
  block.values = {1.5, model::kNaN};
  block.histograms.push_back({3, std::make_shared<const model::Histogram>(histogram)});
  histogram.integer = true;
  block.histograms.push_back({4, std::make_shared<const model::Histogram>(histogram)});
  ReadResponse response;
  response.end_query();
  response.add_series(model::Labels::from({{"__name__", "a"}}), block);
  response.end_query();

  ProtoWriter label, first, second, span, wire, whole, series, result, expected;
  label.bytes(1, "__name__").bytes(2, "a");
  first.float64(1, 1.5).varint(2, static_cast<uint64_t>(-1));
  second.float64(1, model::kNaN).varint(2, 2);
  span.zigzag(1, -3).varint(2, 2);
  wire.float64(2, 6).float64(3, -2).zigzag(4, -1).float64(5, 0.5).float64(7, 1).message(11, span);
  wire.tag(13, 2).raw_varint(16).fixed(std::bit_cast<uint64_t>(2.0), 8);
  wire.fixed(std::bit_cast<uint64_t>(3.0), 8).varint(14, 3).varint(15, 3);
  whole.varint(1, 6).float64(3, -2).zigzag(4, -1).float64(5, 0.5).varint(6, 1).message(11, span);
  whole.tag(12, 2).raw_varint(2).raw_varint(4).raw_varint(2).varint(14, 3).varint(15, 4);
  series.message(1, label).message(2, first).message(2, second).message(4, wire).message(4, whole);
  result.message(1, series);
  expected.message(1, ProtoWriter()).message(1, result);
  std::string body = response.take(), message;
  ASSERT_TRUE(snappy::Uncompress(body.data(), body.size(), &message));
  EXPECT_EQ(message, expected.text());
}

}  // namespace
}  // namespace gnomon::wire
