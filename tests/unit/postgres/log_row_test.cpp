#include "adapters/postgres/metrics/log_row.h"

#include <gtest/gtest.h>

#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon::postgres {
namespace {

using storage::SeriesId;

// What a row holds, as text.
Result<std::string> text(std::string_view row) {
  std::string out;
  LogRowSink sink;
  sink.series = [&](const std::vector<blocks::StoredSeries>& all) {
    for (const auto& one : all) {
      out += "series " + std::to_string(static_cast<uint32_t>(one.id)) + " " +
             to_metric_string(one.labels.view()) + "\n";
    }
  };
  sink.metadata = [&](const std::vector<model::MetadataEntry>& all) {
    for (const auto& one : all) out += "metadata " + one.metric + " " + one.metadata.help + "\n";
  };
  sink.exemplar = [&](SeriesId id, const model::Exemplar& one) {
    out += "exemplar " + std::to_string(static_cast<uint32_t>(id)) + " " +
           std::to_string(one.value) + "@" + std::to_string(one.time_ms) + "\n";
  };
  sink.control = [&](const Control& control) {
    out += "control " + std::to_string(control.put.size()) + "\n";
  };
  sink.samples.sample = [&](SeriesId id, int64_t time, double value, int64_t) {
    out += std::to_string(static_cast<uint32_t>(id)) + " " + std::to_string(value) + "@" +
           std::to_string(time) + "\n";
  };
  sink.samples.histogram = [](SeriesId, const model::HistogramSample&) {};
  TRY_VOID(decode_log_row(row, sink));
  return out;
}

std::string example() {
  Batch batch;
  batch.row({{"__name__", "m"}}, {{-1, 1.5}, {7, 2}});
  batch.exemplar({model::Labels::from({{"trace_id", "t"}}), 0.25, -9});
  batch.metadata("m", {"gauge", std::string("with \0 a zero", 13), ""});
  const std::vector<SeriesId> ids = {SeriesId{5}};
  std::string row;
  put_series({{SeriesId{5}, model::Labels::from({{"__name__", "m"}})}}, row);
  put_extras(batch.get(), ids, row);
  put_record(batch.get(), ids, row);
  return row;
}

TEST(LogRow, GivesBackItsPartsInOrder) {
  const auto got = text(example());
  ASSERT_TRUE(got.ok()) << got.error().message;
  const std::string help("with \0 a zero", 13);
  EXPECT_EQ(*got, "series 5 m\nmetadata m " + help +
                      "\nexemplar 5 0.250000@-9\n5 1.500000@-1\n5 2.000000@7\n");
}

TEST(LogRow, CarriesWhatAServerDid) {
  Control control;
  control.freeze_all = true;
  control.freeze = {-3, 12};
  control.put = {{true, -7, 1u << 20, model::kTimeMin, model::kTimeMax}, {false, 8, 0, -1, 1}};
  control.gone = {{false, 9, 3, 4, 5}};
  control.sealed = {{-3, 77}, {12, 1ull << 40}};
  control.forget = {SeriesId{1}, SeriesId{2}, SeriesId{4'000'000'000}};
  std::string row;
  put_control(control, row);
  LogRowSink sink;
  Control got;
  sink.control = [&](const Control& one) { got = one; };
  ASSERT_TRUE(decode_log_row(row, sink).ok());
  EXPECT_TRUE(got == control);
}

TEST(LogRow, SaysWhenItIsDamaged) {
  const std::string row = example();
  for (size_t size = 1; size < row.size(); ++size) {
    const auto got = text(std::string_view(row).substr(0, size));
    // A cut between two parts leaves a row with fewer of them.
    if (!got.ok()) continue;
    EXPECT_TRUE(text(row)->starts_with(*got)) << size;
  }
  EXPECT_FALSE(text("\x09\x01x").ok());
  EXPECT_FALSE(text(std::string_view(row).substr(0, row.size() - 1)).ok());
}

}  // namespace
}  // namespace gnomon::postgres
