#include "src/model/write_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gnomon::model {
namespace {

using testing::ElementsAre;

void add_series(WriteBatch& batch, const std::string& name, int samples) {
  batch.begin_row(Labels::from({{"__name__", name}}).view());
  for (int i = 0; i < samples; ++i) batch.add({i, static_cast<double>(i)});
  batch.end_row();
}

TEST(WriteBatch, RowsFollowEachOther) {
  WriteBatch batch;
  add_series(batch, "a", 2);
  batch.begin_row(Labels::from({{"__name__", "b"}}).view());
  batch.add({7, std::make_shared<const Histogram>()});
  batch.add({Labels(), 1, 7});
  batch.end_row();
  add_series(batch, "c", 1);
  ASSERT_EQ(batch.rows.size(), 3u);
  std::string text;
  for (const WriteBatch::Row& row : batch.rows) {
    text += to_metric_string(batch.labels(row)) + " " + std::to_string(row.samples()) +
            std::to_string(row.histograms()) + std::to_string(row.exemplars()) + "\n";
  }
  EXPECT_EQ(text, "a 200\nb 011\nc 100\n");
  EXPECT_EQ(batch.rows[2].sample_begin, 2u);
}

TEST(WriteBatch, TheLastRowGrows) {
  WriteBatch batch;
  add_series(batch, "a", 1);
  batch.add({9, 9.0});
  batch.end_row();
  ASSERT_EQ(batch.rows.size(), 1u);
  EXPECT_EQ(batch.rows[0].samples(), 2u);
  EXPECT_EQ(to_metric_string(batch.labels(batch.rows[0])), "a");
}

TEST(WriteBatch, ADroppedRowLeavesNothing) {
  WriteBatch batch;
  add_series(batch, "a", 2);
  const std::string labels = batch.label_bytes;
  batch.begin_row(Labels::from({{"__name__", "b"}}).view());
  batch.add({1, 1.0}, 5);
  batch.add({1, std::make_shared<const Histogram>()});
  batch.add({Labels(), 1, 1});
  batch.drop_row();
  EXPECT_EQ(batch.rows.size(), 1u);
  EXPECT_EQ(batch.label_bytes, labels);
  EXPECT_EQ(batch.samples.size(), 2u);
  EXPECT_TRUE(batch.histograms.empty() && batch.exemplars.empty());
  EXPECT_TRUE(batch.starts.empty() || batch.starts.size() == 2);
}

TEST(WriteBatch, StartTimestampsAreAsManyAsSamplesOnceThereIsOne) {
  WriteBatch batch;
  add_series(batch, "a", 2);
  EXPECT_TRUE(batch.starts.empty());
  batch.add({5, 5.0}, 4);
  batch.add({6, 6.0});
  batch.end_row();
  EXPECT_THAT(batch.starts, ElementsAre(0, 0, 4, 0));
}

}  // namespace
}  // namespace gnomon::model
