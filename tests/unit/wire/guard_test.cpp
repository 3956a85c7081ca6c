#include "src/wire/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/limits.h"
#include "tests/unit/wire/decoded.h"

namespace gnomon::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kNow = 1'000'000;
constexpr int64_t kLatest = kNow + base::kFutureSampleMs;

using Pairs = std::vector<std::pair<std::string, std::string>>;

void add_row(model::WriteBatch& batch, Pairs labels, const std::vector<int64_t>& times) {
  batch.begin_row(model::Labels::from(std::move(labels)).view());
  for (int64_t time : times) {
    batch.add({time, static_cast<double>(time)});
    batch.add({time, std::make_shared<const model::Histogram>()});
    batch.add({model::Labels(), 1, time});
  }
  batch.end_row();
}

TEST(Guard, LeavesAGoodBatchAlone) {
  model::WriteBatch batch;
  add_row(batch, {{"__name__", "up"}}, {1, kLatest});
  WriteRefusals refusals;
  guard(batch, kNow, refusals);
  EXPECT_EQ(batch.samples.size(), 2u);
  EXPECT_FALSE(refusals.bad_request());
}

TEST(Guard, RefusesWhatIsTooFarInTheFuture) {
  model::WriteBatch batch;
  add_row(batch, {{"__name__", "a"}}, {kLatest + 1, 5});
  add_row(batch, {{"__name__", "b"}, {"c", "d"}}, {6, kLatest + 2, 7});
  add_row(batch, {{"__name__", "e"}}, {8});
  for (const model::Sample& sample : batch.samples) batch.starts.push_back(sample.time_ms - 1);
  WriteRefusals refusals;
  guard(batch, kNow, refusals);
  ASSERT_EQ(batch.rows.size(), 3u);
  std::vector<int64_t> times;
  for (const auto& row : batch.rows) {
    EXPECT_EQ(row.sample_end - row.sample_begin, row.histogram_end - row.histogram_begin);
    EXPECT_EQ(row.sample_end - row.sample_begin, row.exemplar_end - row.exemplar_begin);
    for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
      times.push_back(batch.samples[i].time_ms);
    }
  }
  EXPECT_THAT(times, ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(batch.starts, ElementsAre(4, 5, 6, 7));
  EXPECT_EQ(refusals.samples.total(), 4u);
  EXPECT_EQ(refusals.exemplars.total(), 2u);
  EXPECT_THAT(
      texts(refusals.samples),
      ElementsAre("out of bounds: timestamp is too far in the future (series a)",
                  R"(out of bounds: timestamp is too far in the future (series b{c="d"}))"));
}

TEST(Guard, LeavesNothingOfASeriesThatIsAllRefused) {
  model::WriteBatch batch;
  add_row(batch, {{"__name__", "a"}}, {kLatest + 1});
  add_row(batch, {{"__name__", "b"}}, {1});
  WriteRefusals refusals;
  guard(batch, kNow, refusals);
  ASSERT_EQ(batch.rows.size(), 1u);
  EXPECT_EQ(model::to_metric_string(batch.labels(batch.rows[0])), "b");
  EXPECT_EQ(refusals.samples.total(), 2u);
}

TEST(Guard, RefusesSeriesBeyondALimitAndNamesIt) {
  Pairs many = {{"__name__", "many"}};
  for (size_t i = 0; i < base::kLabelsPerSeriesMax; ++i)
    many.emplace_back("l" + std::to_string(i), "v");
  Pairs large = {{"__name__", "large"}};
  for (int i = 0; i < 17; ++i) {
    large.emplace_back("l" + std::to_string(i), std::string(base::kLabelValueBytesMax, 'v'));
  }
  const std::vector<std::pair<Pairs, std::string>> cases = {
      {many, "number of labels 257 exceeds the limit labels per series of 256 (metric many)"},
      {large, "exceeds the limit label bytes per series of 1048576 (metric large)"},
      {{{"__name__", "x"}, {std::string(1'025, 'n'), "v"}},
       "size of a label name 1025 exceeds the limit label name bytes of 1024 (metric x)"},
      {{{"__name__", "x"}, {"v", std::string(65'536, 'v')}},
       "size of a label value 65536 exceeds the limit label value bytes of 65535 (metric x)"}};
  for (const auto& [labels, text] : cases) {
    model::WriteBatch batch;
    add_row(batch, labels, {1, 2});
    add_row(batch, {{"__name__", "good"}, {"v", std::string(2'000, 'v')}}, {3});
    WriteRefusals refusals;
    guard(batch, kNow, refusals);
    ASSERT_EQ(batch.rows.size(), 1u);
    EXPECT_EQ(batch.labels(batch.rows[0]).get("__name__"), "good");
    EXPECT_EQ(batch.samples.size(), 1u);
    EXPECT_EQ(batch.samples[batch.rows[0].sample_begin].time_ms, 3);
    EXPECT_EQ(refusals.samples.total(), 4u);
    EXPECT_THAT(texts(refusals.samples), ElementsAre(HasSubstr(text)));
  }
}

TEST(Guard, NamesTheFirstFewOnly) {
  model::WriteBatch batch;
  for (int i = 0; i < 50; ++i) add_row(batch, {{"__name__", "a"}}, {kLatest + 1});
  WriteRefusals refusals;
  guard(batch, kNow, refusals);
  EXPECT_EQ(refusals.samples.total(), 100u);
  EXPECT_EQ(refusals.samples.named().size(), base::kRefusalsNamedMax);
}

}  // namespace
}  // namespace gnomon::wire
