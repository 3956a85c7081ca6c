#include "adapters/clickhouse/options.h"

#include <gtest/gtest.h>

#include "adapters/clickhouse/metrics/series_id.h"
#include "adapters/clickhouse/native.h"

namespace gnomon::clickhouse {
namespace {

TEST(ClickHouseOptions, ReadsTheUrl) {
  const auto plain = parse_options("//localhost");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->endpoint(), "http://localhost:8123/");
  EXPECT_EQ(plain->database, "gnomon");
  const auto full = parse_options(
      "//me:p%40ss:w@[::1]:1234/my%20db?cluster=c1&secure=1&verify=0&insert_quorum=2&"
      "native_rollups=off&insert_retry_seconds=5");
  ASSERT_TRUE(full.ok()) << full.error().message;
  EXPECT_EQ(full->endpoint(), "https://[::1]:1234/");
  EXPECT_EQ(full->user, "me");
  EXPECT_EQ(full->password, "p@ss:w");
  EXPECT_EQ(full->database, "my db");
  EXPECT_EQ(full->cluster, "c1");
  EXPECT_EQ(full->quorum, 2u);
  EXPECT_FALSE(full->verify);
  EXPECT_EQ(full->native_rollups, NativeRollups::Off);
  EXPECT_EQ(full->insert_retry_seconds, 5u);
  EXPECT_EQ(parse_options("//h?secure=1")->port, 8443);
}

TEST(ClickHouseOptions, RefusesWhatItCannotRead) {
  for (const char* url : {"", "localhost", "//", "//h:port", "//h:70000", "//h/d?what=1",
                          "//h?secure=maybe", "//h?native_rollups=1", "//u%zz:secret@h"}) {
    const auto options = parse_options(url);
    ASSERT_FALSE(options.ok()) << url;
    EXPECT_EQ(options.error().kind, ErrorKind::BadData);
    EXPECT_EQ(options.error().message.find("secret"), std::string::npos);
  }
}

TEST(ClickHouseNative, ComesInAnyPieces) {
  const uint32_t keys[] = {1, 1, 2};
  const int64_t times[] = {10, 20, 30};
  NativeWriter writer(2, 3);
  writer.add("k", "UInt32", {reinterpret_cast<const char*>(keys), sizeof(keys)});
  writer.add("t", "Int64", {reinterpret_cast<const char*>(times), sizeof(times)});
  const std::string block = writer.take();
  const std::string bytes = block + block;
  for (size_t size = 1; size <= bytes.size(); ++size) {
    std::vector<int64_t> found;
    NativeReader reader({ColumnKind::Bytes4, ColumnKind::Bytes8}, [&](const NativeBlock& one) {
      add_column(one, 1, found);
      return Result<void>();
    });
    for (size_t at = 0; at < bytes.size(); at += size) {
      ASSERT_TRUE(reader.feed(std::string_view(bytes).substr(at, size)).ok());
    }
    ASSERT_TRUE(reader.finish().ok());
    EXPECT_EQ(found, (std::vector<int64_t>{10, 20, 30, 10, 20, 30}));
  }
}

TEST(ClickHouseNative, RefusesOtherAnswers) {
  NativeReader reader({ColumnKind::Bytes4}, [](const NativeBlock&) { return Result<void>(); });
  EXPECT_FALSE(reader.feed("Code: 60. DB::Exception: no").ok());
  NativeReader cut({ColumnKind::Bytes4}, [](const NativeBlock&) { return Result<void>(); });
  EXPECT_TRUE(cut.feed("\x01\x05").ok());
  EXPECT_FALSE(cut.finish().ok());
}

TEST(ClickHouseSeriesId, LiesAmongThoseOfItsMetric) {
  const auto labels = model::Labels::from({{"__name__", "up"}, {"job", "a"}});
  const SeriesId id = series_id(labels.view());
  const IdRange range = ids_of_metric("up");
  EXPECT_EQ(id.high >> 32, range.first.high >> 32);
  EXPECT_EQ(range.last.high >> 32, range.first.high >> 32);
  EXPECT_EQ(to_decimal({0, 1}), "18446744073709551616");
  EXPECT_EQ(to_decimal({0, 0}), "0");
}

TEST(ClickHouseSeriesId, TakesMoreBitsWhereFewDoNotTellApart) {
  const std::vector<SeriesId> ids = {{1, 0}, {1ull << 32 | 1, 0}, {1, 7}};
  const IdTable table(ids);
  EXPECT_EQ(table.key_bytes(), 16u);
  for (uint32_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(table.find(reinterpret_cast<const char*>(&ids[i])), i);
  }
  const SeriesId other{2, 0};
  EXPECT_EQ(table.find(reinterpret_cast<const char*>(&other)), IdTable::kNone);
  EXPECT_EQ(IdTable(std::span(ids).first(1)).key_bytes(), 4u);
  EXPECT_EQ(IdTable(std::span(ids).first(1), true).key_bytes(), 8u);
}

}  // namespace
}  // namespace gnomon::clickhouse
