#include "src/wire/write_v2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include "src/wire/remote_write.h"
#include "tests/unit/wire/decoded.h"
#include "tests/unit/wire/proto_writer.h"

namespace gnomon::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Refs = std::vector<uint64_t>;

// 0: "", 1: __name__, 2: up, 3: a, 4: x, 5: http_bucket, 6: help, 7: seconds, 8: not UTF-8
ProtoWriter symbols() {
  ProtoWriter request;
  for (const char* text : {"", "__name__", "up", "a", "x", "http_bucket", "help", "seconds"}) {
    request.bytes(4, text);
  }
  return request.bytes(4, "\xff");
}

ProtoWriter packed(const Refs& refs) {
  ProtoWriter out;
  for (uint64_t ref : refs) out.raw_varint(ref);
  return out;
}

ProtoWriter series_of(const Refs& refs) { return ProtoWriter().message(1, packed(refs)); }

ProtoWriter started(double value, int64_t time_ms, int64_t start_ms) {
  return wire_sample(value, time_ms).varint(3, static_cast<uint64_t>(start_ms));
}

Decoded decode(const ProtoWriter& request) { return decode(request, WriteMessage::V2); }

TEST(WriteV2, SamplesWithStartTimestamps) {
  ProtoWriter plain = series_of({1, 2}).message(2, wire_sample(0.5, 900));
  ProtoWriter with = series_of({1, 2, 3, 4});
  with.message(2, started(1.5, 1000, 990)).message(2, wire_sample(2.5, 2000));
  const Decoded d = decode(symbols().message(5, plain).message(5, with));
  ASSERT_EQ(d.error, "");
  EXPECT_FALSE(d.refusals.bad_request());
  EXPECT_THAT(d.series(), ElementsAre(R"({__name__="up"})", R"({__name__="up", a="x"})"));
  ASSERT_EQ(d.batch.samples.size(), 3u);
  EXPECT_EQ(d.batch.rows[1].sample_begin, 1u);
  EXPECT_EQ(d.batch.rows[1].sample_end, 3u);
  EXPECT_EQ(d.batch.samples[1].value, 1.5);
  EXPECT_EQ(d.batch.samples[1].time_ms, 1000);
  EXPECT_THAT(d.batch.starts, ElementsAre(0, 990, 0));
}

TEST(WriteV2, NoStartTimestampsTakeNoMemory) {
  const Decoded d = decode(symbols().message(5, series_of({1, 2}).message(2, started(1, 1000, 0))));
  EXPECT_EQ(d.batch.samples.size(), 1u);
  EXPECT_THAT(d.batch.starts, IsEmpty());
}

TEST(WriteV2, HistogramsWithStartTimestamps) {
  ProtoWriter histogram;
  histogram.varint(1, 3).float64(3, 2.5).zigzag(4, 0);
  histogram.message(11, ProtoWriter().zigzag(1, 0).varint(2, 1)).message(12, packed({6}));
  histogram.varint(15, 2000).varint(17, 1000);
  const Decoded d = decode(symbols().message(5, series_of({1, 2}).message(3, histogram)));
  ASSERT_EQ(d.error, "");
  ASSERT_EQ(d.batch.histograms.size(), 1u);
  EXPECT_EQ(d.batch.histograms[0].time_ms, 2000);
  EXPECT_EQ(d.batch.histograms[0].start_ms, 1000);
  EXPECT_EQ(d.batch.histograms[0].histogram->count, 3);
}

TEST(WriteV2, LabelsAreSortedEmptyOnesDroppedAndSymbolsMayFollow) {
  ProtoWriter late;
  late.message(5, series_of({3, 4, 1, 2}).message(2, wire_sample(1, 1)));
  ProtoWriter unpacked;
  for (uint64_t ref : {1, 2, 3, 0}) unpacked.varint(1, ref);
  late.message(5, unpacked.message(2, wire_sample(1, 1)));
  for (const char* text : {"", "__name__", "up", "a", "x"}) late.bytes(4, text);
  EXPECT_THAT(decode(late).series(),
              ElementsAre(R"({__name__="up", a="x"})", R"({__name__="up"})"));
}

TEST(WriteV2, BadSeriesAreNamedGoodOnesKept) {
  const std::vector<std::pair<Refs, std::string>> cases = {
      {{1, 2, 3}, "invalid labelRefs length 3"},
      {{1, 9}, "labelRefs 1 (name) = 9 (value) outside of symbols table (size 9)"},
      {{uint64_t{1} << 32, 2},
       "labelRefs 4294967295 (name) = 2 (value) outside of symbols table (size 9)"},
      {{3, 4}, R"(invalid labels: no metric name in {a="x"})"},
      {{1, 0}, R"(invalid labels: no metric name in {__name__=""})"},
      {{}, "invalid labels: no metric name in {}"},
      {{1, 2, 3, 4, 3, 2},
       R"(invalid labels: duplicate label "a" in {__name__="up", a="x", a="up"})"},
      {{0, 4, 1, 2}, R"(invalid labels: label without a name in {""="x", __name__="up"})"},
      {{1, 2, 3, 8},
       R"(invalid labels: value of label "a" is not UTF-8 in {__name__="up", a="\xff"})"},
  };
  for (const auto& [refs, fault] : cases) {
    ProtoWriter request = symbols();
    request.message(5, series_of(refs).message(2, started(1, 1, 1)).message(2, wire_sample(2, 2)));
    request.message(5, series_of({1, 2}).message(2, wire_sample(3, 3)));
    const Decoded d = decode(request);
    EXPECT_EQ(d.error, "");
    EXPECT_THAT(d.series(), ElementsAre(R"({__name__="up"})"));
    EXPECT_EQ(d.batch.samples.size(), 1u);
    EXPECT_LE(d.batch.starts.size(), 1u);
    EXPECT_EQ(d.refusals.samples.total(), 2u);
    EXPECT_THAT(texts(d.refusals.samples), ElementsAre(fault));
  }
}

TEST(WriteV2, ASeriesNeedsASampleOrAHistogram) {
  const Decoded d = decode(symbols().message(5, series_of({1, 2, 3, 4})));
  EXPECT_EQ(d.error, "");
  EXPECT_THAT(d.series(), IsEmpty());
  EXPECT_TRUE(d.batch.label_bytes.empty());
  EXPECT_THAT(
      texts(d.refusals.samples),
      ElementsAre(
          R"(TimeSeries must contain at least one sample or histogram for series up{a="x"})"));
}

TEST(WriteV2, BadHistogramsAreNamed) {
  ProtoWriter bad;
  bad.varint(1, 3).zigzag(4, 60).varint(15, 2000);
  const Decoded d =
      decode(symbols().message(5, series_of({1, 2}).message(3, bad).message(2, wire_sample(1, 1))));
  EXPECT_THAT(d.series(), ElementsAre(R"({__name__="up"})"));
  EXPECT_TRUE(d.batch.histograms.empty());
  EXPECT_EQ(d.refusals.samples.total(), 1u);
  EXPECT_THAT(texts(d.refusals.samples), ElementsAre(HasSubstr("got schema 60 for series up")));
}

TEST(WriteV2, Exemplars) {
  ProtoWriter good;
  good.message(1, packed({3, 4})).float64(2, 0.5).varint(3, 77);
  ProtoWriter bad;
  bad.message(1, packed({3, 99})).float64(2, 0.5);
  ProtoWriter series = series_of({1, 2}).message(2, wire_sample(1, 1));
  const Decoded d = decode(symbols().message(5, series.message(4, good).message(4, bad)));
  ASSERT_EQ(d.batch.exemplars.size(), 1u);
  EXPECT_EQ(to_string(d.batch.exemplars[0].labels), R"({a="x"})");
  EXPECT_EQ(d.batch.exemplars[0].value, 0.5);
  EXPECT_EQ(d.batch.exemplars[0].time_ms, 77);
  EXPECT_EQ(d.batch.rows[0].exemplar_end, 1u);
  EXPECT_EQ(d.refusals.exemplars.total(), 1u);
  EXPECT_FALSE(d.refusals.bad_request());
}

TEST(WriteV2, MetadataIsThatOfTheFamilyAndTheLastOneCounts) {
  const auto series = [](const Refs& refs, uint64_t type, uint64_t help, uint64_t unit) {
    ProtoWriter out = series_of(refs).message(2, wire_sample(1, 1));
    return out.message(5, ProtoWriter().varint(1, type).varint(3, help).varint(4, unit));
  };
  ProtoWriter request = symbols();
  request.message(5, series({1, 5, 3, 4}, 3, 0, 0)).message(5, series({1, 5, 3, 2}, 3, 6, 7));
  request.message(5, series({1, 4}, 0, 0, 0)).message(5, series({1, 2}, 99, 6, 0));
  request.message(5, series({1, 3}, 1, 9, 0));
  const Decoded d = decode(request);
  EXPECT_EQ(d.batch.rows.size(), 5u);
  ASSERT_EQ(d.batch.metadata.size(), 2u);
  EXPECT_EQ(d.batch.metadata[0].metric, "http");
  EXPECT_EQ(d.batch.metadata[0].metadata, (model::Metadata{"histogram", "help", "seconds"}));
  EXPECT_EQ(d.batch.metadata[1].metric, "up");
  EXPECT_EQ(d.batch.metadata[1].metadata, (model::Metadata{"unknown", "help", ""}));
  EXPECT_THAT(texts(d.refusals.samples),
              ElementsAre("metadata of a outside of symbols table (size 9)"));
}

TEST(WriteV2, BrokenRequestsAreBadData) {
  const auto error = [](const ProtoWriter& request) { return decode(request).error; };
  const ProtoWriter series = series_of({1, 2}).message(2, wire_sample(1, 1));
  EXPECT_EQ(error(ProtoWriter()), "");
  EXPECT_EQ(error(ProtoWriter().message(5, series)),
            "symbols table must start with an empty string");
  EXPECT_EQ(error(ProtoWriter().bytes(4, "up").message(5, series)),
            "symbols table must start with an empty string");
  EXPECT_EQ(error(symbols().tag(5, 2).raw_varint(9)), "unexpected EOF");
  EXPECT_EQ(error(symbols().varint(5, 9)), "proto: wrong wireType");
  EXPECT_EQ(error(symbols().varint(4, 9)), "proto: wrong wireType");
  EXPECT_EQ(error(symbols().message(5, ProtoWriter().message(2, ProtoWriter().varint(1, 1)))),
            "proto: wrong wireType");
  EXPECT_EQ(error(symbols().message(5, ProtoWriter().bytes(1, "\x80"))), "unexpected EOF");
  const Decoded d = decode(symbols().message(5, series).tag(1, 2).raw_varint(9));
  EXPECT_EQ(d.error, "unexpected EOF");
  EXPECT_TRUE(d.batch.rows.empty() && d.batch.samples.empty());
}

TEST(WriteV2, ALongSymbolUsedOftenIsLimited) {
  ProtoWriter request;
  for (const auto& text : {std::string(), std::string("__name__"), std::string(8 << 20, 'x')}) {
    request.bytes(4, text);
  }
  for (int i = 0; i < 40; ++i) {
    request.message(5, series_of({1, 2}).message(2, wire_sample(1, i)));
  }
  const Decoded d = decode(request);
  EXPECT_THAT(d.error, HasSubstr("more than 268435456 bytes of labels and metadata"));
  EXPECT_TRUE(d.batch.rows.empty() && d.batch.label_bytes.empty());
}

TEST(WriteV2, Snappy) {
  const std::string message =
      symbols().message(5, series_of({1, 2}).message(2, wire_sample(1, 1))).text();
  std::string body;
  snappy::Compress(message.data(), message.size(), &body);
  RemoteWriteDecoder decoder;
  model::WriteBatch batch;
  WriteRefusals refusals;
  ASSERT_TRUE(decoder.decode(body, batch, refusals, WriteMessage::V2).ok());
  EXPECT_EQ(batch.rows.size(), 1u);
}

}  // namespace
}  // namespace gnomon::wire
