#include "adapters/blocks/metrics/log_record.h"

#include <gtest/gtest.h>

#include <bit>

#include "src/base/limits.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon::blocks {
namespace {

using storage::SeriesId;

model::HistogramSample histogram(int64_t time_ms, double count) {
  auto histogram = std::make_shared<model::Histogram>();
  histogram->count = count;
  histogram->positive_spans = {{0, 1}};
  histogram->positive_buckets = {count};
  return {time_ms, std::move(histogram), 5};
}

// What decode_log_record() gives, one word per sample.
std::string text(std::string_view record) {
  std::string out;
  const auto word = [&](SeriesId id, int64_t time) {
    out += std::to_string(static_cast<uint32_t>(id)) + "@" + std::to_string(time) + "=";
  };
  LogSink sink;
  sink.sample = [&](SeriesId id, int64_t time, double value, int64_t start) {
    word(id, time);
    out += std::to_string(std::bit_cast<uint64_t>(value));
    out += start == 0 ? " " : "+" + std::to_string(start) + " ";
  };
  sink.histogram = [&](SeriesId id, const model::HistogramSample& sample) {
    word(id, sample.time_ms);
    out += model::to_string(*sample.histogram) + "+" + std::to_string(sample.start_ms) + " ";
  };
  const auto decoded = decode_log_record(record, sink);
  return decoded.ok() ? out : decoded.error().message;
}

std::string example() {
  Batch batch;
  batch.row({{"a", "1"}}, {{1000, 0.0}, {-5, std::bit_cast<double>(model::kStaleBits)}});
  batch.row({{"b", "1"}}, {}, {histogram(9, 2), histogram(7, 1), histogram(9, 3)});
  batch.row({{"c", "1"}}, {{model::kTimeMax, std::bit_cast<double>(uint64_t{1})}});
  std::string record = "before";
  const SeriesId ids[] = {SeriesId{7}, SeriesId{4'000'000'000}, SeriesId{1}};
  encode_log_record(batch.get(), ids, record);
  EXPECT_TRUE(record.starts_with("before"));
  return record.substr(6);
}

TEST(LogRecord, GivesBackSamplesInOrder) {
  EXPECT_EQ(
      text(example()),
      "7@1000=0 7@-5=9218868437227405314 1@9223372036854775807=1 "
      "4000000000@7={count:1, sum:0, (0.5,1]:1}+5 4000000000@9={count:2, sum:0, (0.5,1]:2}+5 ");
}

TEST(LogRecord, KeepsStartTimestamps) {
  Batch batch;
  batch.row({{"a", "1"}}, {{1000, 0.0}, {2000, 0.0}}).row({{"b", "1"}}, {{3000, 0.0}});
  model::WriteBatch starts = batch.get();
  starts.starts = {0, 1500, 2999};
  std::string record;
  const SeriesId ids[] = {SeriesId{1}, SeriesId{2}};
  encode_log_record(starts, ids, record);
  EXPECT_EQ(text(record), "1@1000=0 1@2000=0+1500 2@3000=0+2999 ");
}

// More histograms than a chunk takes: what cannot be read back would keep the store from opening.
TEST(LogRecord, HoldsAnyNumberOfHistograms) {
  const model::HistogramSample one = histogram(0, 1);
  std::vector<model::HistogramSample> many(base::kChunkSamplesMax + 1, one);
  for (size_t i = 0; i < many.size(); ++i) many[i].time_ms = static_cast<int64_t>(i);
  Batch batch;
  batch.row({{"a", "1"}}, {}, many);
  std::string record;
  const SeriesId ids[] = {SeriesId{1}};
  encode_log_record(batch.get(), ids, record);
  int64_t next = 0;
  LogSink sink;
  sink.histogram = [&](SeriesId, const model::HistogramSample& sample) {
    EXPECT_EQ(sample.time_ms, next++);
  };
  const auto decoded = decode_log_record(record, sink);
  EXPECT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(next, static_cast<int64_t>(many.size()));
}

TEST(LogRecord, OneSampleEachTakesTenBytes) {
  Batch batch;
  std::vector<SeriesId> ids;
  for (uint32_t i = 0; i < 1000; ++i) {
    batch.row({{"i", std::to_string(i)}}, {{1'700'000'000'000, 0.1 * i}});
    ids.push_back(SeriesId{i + 1});
  }
  std::string record;
  encode_log_record(batch.get(), ids, record);
  EXPECT_LT(record.size(), 10'030u);
}

TEST(LogRecord, EveryDamagedByteIsAnError) {
  const std::string record = example();
  for (size_t i = 0; i < record.size(); ++i) {
    std::string damaged = record;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_EQ(text(damaged), "damaged log record") << i;
    EXPECT_EQ(text(std::string_view(record).substr(0, i)), "damaged log record") << i;
  }
}

}  // namespace
}  // namespace gnomon::blocks
