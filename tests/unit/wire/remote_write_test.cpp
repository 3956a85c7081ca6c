#include "src/wire/remote_write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include <bit>
#include <map>
#include <random>

#include "src/base/limits.h"
#include "tests/unit/wire/decoded.h"
#include "tests/unit/wire/proto_writer.h"

namespace gnomon::wire {
namespace {

using model::kStale;
using testing::ElementsAre;
using testing::HasSubstr;

Decoded decode(const ProtoWriter& request) { return decode(request, WriteMessage::V1); }

using Pairs = std::vector<std::pair<std::string, std::string>>;

ProtoWriter series_of(const Pairs& labels) {
  ProtoWriter series;
  for (const auto& [name, value] : labels) series.message(1, wire_label(name, value));
  return series;
}

ProtoWriter request_of(const Pairs& labels) {
  return ProtoWriter().message(1, series_of(labels).message(2, wire_sample(1, 1000)));
}

TEST(RemoteWrite, RowsSamplesAndStaleMarkers) {
  ProtoWriter first = series_of({{"__name__", "up"}, {"job", "a"}});
  first.message(2, wire_sample(1.5, 1000)).message(2, wire_sample(kStale, -5));
  ProtoWriter second = series_of({{"__name__", "down"}});
  second.message(2, ProtoWriter().varint(2, 7)).message(2, ProtoWriter());
  const Decoded d = decode(ProtoWriter().message(1, first).message(1, second));
  ASSERT_EQ(d.error, "");
  EXPECT_THAT(d.series(), ElementsAre(R"({__name__="up", job="a"})", R"({__name__="down"})"));
  ASSERT_EQ(d.batch.samples.size(), 4u);
  EXPECT_EQ(d.batch.rows[1].sample_begin, 2u);
  EXPECT_EQ(d.batch.rows[1].sample_end, 4u);
  EXPECT_EQ(d.batch.samples[0].value, 1.5);
  EXPECT_TRUE(model::is_stale(d.batch.samples[1].value));
  EXPECT_EQ(d.batch.samples[1].time_ms, -5);
  EXPECT_EQ(d.batch.samples[2].time_ms, 7);
  EXPECT_EQ(d.batch.samples[3].time_ms, 0);
}

TEST(RemoteWrite, LabelsAreSortedAndEmptyOnesDropped) {
  EXPECT_THAT(decode(request_of({{"z", "1"}, {"__name__", "up"}, {"b", ""}, {"a", "é"}})).series(),
              ElementsAre(R"({__name__="up", a="é", z="1"})"));
  const std::string longer(300, 'x');
  EXPECT_THAT(decode(request_of({{"__name__", "up"}, {"a", longer}})).series(),
              ElementsAre("{__name__=\"up\", a=\"" + longer + "\"}"));
}

TEST(RemoteWrite, ManyLabelsLeaveTheFastPath) {
  Pairs labels = {{"__name__", "up"}};
  for (int i = 100; i < 150; ++i)
    labels.emplace_back("a" + std::to_string(i), std::string(60, 'v'));
  const Decoded d = decode(request_of(labels));
  ASSERT_EQ(d.batch.rows.size(), 1u);
  EXPECT_EQ(d.batch.labels(d.batch.rows[0]).packed(), model::Labels::from(labels).packed());
}

TEST(RemoteWrite, LabelsMayFollowTheSamples) {
  ProtoWriter series;
  series.message(2, wire_sample(1, 2)).message(1, wire_label("__name__", "up"));
  EXPECT_THAT(decode(ProtoWriter().message(1, series)).series(), ElementsAre(R"({__name__="up"})"));
  ProtoWriter split = series_of({{"__name__", "up"}});
  split.message(2, wire_sample(1, 2)).message(1, wire_label("a", "b"));
  const Decoded d = decode(ProtoWriter().message(1, split));
  EXPECT_THAT(d.series(), ElementsAre(R"({__name__="up", a="b"})"));
  EXPECT_EQ(d.batch.samples.size(), 1u);
}

TEST(RemoteWrite, SeriesThatNoStoreTakesAreSkippedAndNamed) {
  const std::vector<std::pair<Pairs, std::string>> cases = {
      {{{"job", "a"}}, R"(invalid labels: no metric name in {job="a"})"},
      {{{"__name__", ""}}, R"(invalid labels: no metric name in {__name__=""})"},
      {{}, "invalid labels: no metric name in {}"},
      {{{"__name__", "up"}, {"a", "1"}, {"a", "2"}},
       R"(invalid labels: duplicate label "a" in {__name__="up", a="1", a="2"})"},
      {{{"__name__", "up"}, {"a", ""}, {"a", "2"}},
       R"(invalid labels: duplicate label "a" in {__name__="up", a="", a="2"})"},
      {{{"__name__", "up"}, {"a", "\xff"}},
       R"(invalid labels: value of label "a" is not UTF-8 in {__name__="up", a="\xff"})"},
      {{{"__name__", "up"}, {"a\xff", "x"}},
       R"(invalid labels: label name is not UTF-8 in {__name__="up", "a\xff"="x"})"},
      {{{"", "x"}, {"__name__", "up"}},
       R"(invalid labels: label without a name in {""="x", __name__="up"})"},
  };
  for (const auto& [labels, fault] : cases) {
    ProtoWriter request = request_of(labels);
    request.message(1, series_of({{"__name__", "good"}}).message(2, wire_sample(2, 2)));
    const Decoded d = decode(request);
    EXPECT_THAT(d.series(), ElementsAre(R"({__name__="good"})"));
    EXPECT_EQ(d.batch.samples.size(), 1u);
    EXPECT_EQ(d.refusals.series.total(), 1u);
    EXPECT_THAT(texts(d.refusals.series), ElementsAre(fault));
    EXPECT_FALSE(d.refusals.bad_request());
  }
}

TEST(RemoteWrite, RowsWithoutPointsAreLeftOut) {
  const Decoded d = decode(ProtoWriter().message(1, series_of({{"__name__", "up"}})));
  EXPECT_TRUE(d.batch.rows.empty());
  EXPECT_TRUE(d.batch.label_bytes.empty());
}

TEST(RemoteWrite, MetadataAndExemplars) {
  ProtoWriter exemplar;
  exemplar.message(1, wire_label("trace_id", "abc")).float64(2, 0.5).varint(3, 77);
  ProtoWriter bad_exemplar;
  bad_exemplar.message(1, wire_label("a", "\xff")).float64(2, 0.5);
  ProtoWriter series = series_of({{"__name__", "up"}});
  series.message(3, exemplar).message(3, bad_exemplar);
  ProtoWriter metadata;
  metadata.varint(1, 5).bytes(2, "up").bytes(4, "Whether.").bytes(5, "s");
  const Decoded d = decode(ProtoWriter().message(3, metadata).message(1, series));
  ASSERT_EQ(d.batch.metadata.size(), 1u);
  EXPECT_EQ(d.batch.metadata[0].metric, "up");
  EXPECT_EQ(d.batch.metadata[0].metadata, (model::Metadata{"summary", "Whether.", "s"}));
  ASSERT_EQ(d.batch.exemplars.size(), 1u);
  EXPECT_EQ(to_string(d.batch.exemplars[0].labels), R"({trace_id="abc"})");
  EXPECT_EQ(d.batch.exemplars[0].time_ms, 77);
  EXPECT_EQ(d.refusals.exemplars.total(), 1u);
  EXPECT_EQ(d.batch.rows.size(), 1u);
}

TEST(RemoteWrite, UnknownFieldsAreSkipped) {
  ProtoWriter sample = wire_sample(1, 2);
  sample.fixed32(9, 1);
  ProtoWriter series = series_of({{"__name__", "up"}});
  series.message(2, sample).varint(15, 1).bytes(16, "x");
  const Decoded d = decode(ProtoWriter().bytes(2, "tenant").message(1, series));
  EXPECT_EQ(d.error, "");
  ASSERT_EQ(d.batch.samples.size(), 1u);
  EXPECT_EQ(d.batch.samples[0].time_ms, 2);
}

TEST(RemoteWrite, BrokenMessagesAreBadData) {
  const auto error = [](const ProtoWriter& request) { return decode(request).error; };
  EXPECT_EQ(error(ProtoWriter().tag(1, 2).raw_varint(5)), "unexpected EOF");
  EXPECT_EQ(error(ProtoWriter().varint(1, 5)), "proto: wrong wireType");
  EXPECT_EQ(error(ProtoWriter().tag(0, 0)), "proto: illegal tag");
  EXPECT_EQ(error(ProtoWriter().tag(7, 3)), "proto: illegal wireType");
  EXPECT_EQ(error(ProtoWriter().message(1, ProtoWriter().message(2, ProtoWriter().tag(1, 1)))),
            "unexpected EOF");
  const Decoded d = decode(ProtoWriter(request_of({{"__name__", "up"}})).tag(1, 2).raw_varint(9));
  EXPECT_EQ(d.error, "unexpected EOF");
  EXPECT_TRUE(d.batch.rows.empty() && d.batch.samples.empty());
}

TEST(RemoteWrite, Snappy) {
  const std::string message = request_of({{"__name__", "up"}}).text();
  std::string body;
  snappy::Compress(message.data(), message.size(), &body);
  RemoteWriteDecoder decoder;
  model::WriteBatch batch;
  WriteRefusals refusals;
  ASSERT_TRUE(decoder.decode(body, batch, refusals).ok());
  EXPECT_EQ(batch.samples.size(), 1u);
  for (const std::string& bad : {std::string(), message, body.substr(0, body.size() - 1)}) {
    const auto result = decoder.decode(bad, batch, refusals);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().message, "snappy: corrupt input");
    EXPECT_EQ(result.error().kind, ErrorKind::BadData);
    EXPECT_TRUE(batch.rows.empty());
  }
}

TEST(RemoteWrite, DecompressedSizeIsLimited) {
  const std::string claim = ProtoWriter().raw_varint(base::kWriteBytesDecodedMax + 1).text();
  RemoteWriteDecoder decoder;
  model::WriteBatch batch;
  WriteRefusals refusals;
  const auto result = decoder.decode(claim, batch, refusals);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, HasSubstr("exceeds the limit of 268435456 bytes"));
}

TEST(RemoteWrite, RandomRequestsComeBack) {
  std::mt19937_64 random(11);
  RemoteWriteDecoder decoder;
  model::WriteBatch batch;
  for (int round = 0; round < 300; ++round) {
    ProtoWriter request;
    std::vector<std::pair<std::string, std::vector<model::Sample>>> expected;
    for (size_t s = random() % 6; s > 0; --s) {
      std::map<std::string, std::string> sorted = {{"__name__", "m" + std::to_string(s)}};
      for (size_t l = random() % 5; l > 0; --l) {
        const size_t size = random() % 8 == 0 ? random() % 400 : random() % 20;
        sorted[std::string(1 + random() % 4, static_cast<char>('a' + random() % 26))] =
            std::string(size, 'v');
      }
      Pairs labels(sorted.begin(), sorted.end());
      if (random() % 3 == 0) std::shuffle(labels.begin(), labels.end(), random);
      ProtoWriter series = series_of(labels);
      std::vector<model::Sample> samples(1 + random() % 3);
      for (model::Sample& sample : samples) {
        sample = {static_cast<int64_t>(random() >> random() % 64), std::bit_cast<double>(random())};
        series.message(2, wire_sample(sample.value, sample.time_ms));
      }
      request.message(1, series);
      expected.emplace_back(model::Labels::from(labels).packed(), samples);
    }
    WriteRefusals refusals;
    ASSERT_TRUE(decoder.decode_message(request.text(), batch, refusals).ok());
    ASSERT_EQ(batch.rows.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      const auto& row = batch.rows[i];
      ASSERT_EQ(batch.labels(row).packed(), expected[i].first);
      ASSERT_EQ(row.sample_end - row.sample_begin, expected[i].second.size());
      for (size_t j = 0; j < expected[i].second.size(); ++j) {
        const model::Sample& sample = batch.samples[row.sample_begin + j];
        ASSERT_EQ(sample.time_ms, expected[i].second[j].time_ms);
        ASSERT_EQ(std::bit_cast<uint64_t>(sample.value),
                  std::bit_cast<uint64_t>(expected[i].second[j].value));
      }
    }
  }
}

}  // namespace
}  // namespace gnomon::wire
