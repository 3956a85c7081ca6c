#include "src/server/self_scrape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gnomon::server {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> lines(const model::WriteBatch& batch) {
  std::vector<std::string> found;
  for (const auto& row : batch.rows) {
    const model::Sample& sample = batch.samples[row.sample_begin];
    found.push_back(model::to_metric_string(batch.labels(row)) + " " +
                    (model::is_stale(sample.value) ? "stale" : std::to_string(sample.value)) +
                    " @" + std::to_string(sample.time_ms));
  }
  return found;
}

const std::vector<base::MetricFamily> kFamilies = {
    {"requests_total", "Requests.", base::MetricType::Counter, {{"", {{"code", "200"}}, 7}}}};

TEST(SelfScrape, WritesWhatAPrometheusWouldHaveScraped) {
  const auto batch = scrape_batch(kFamilies, {"gnomon", "h:1"}, 5, 0.25);
  EXPECT_THAT(
      lines(batch),
      ElementsAre(
          R"(requests_total{code="200", instance="h:1", job="gnomon"} 7.000000 @5)",
          R"(up{instance="h:1", job="gnomon"} 1.000000 @5)",
          R"(scrape_duration_seconds{instance="h:1", job="gnomon"} 0.250000 @5)",
          R"(scrape_samples_scraped{instance="h:1", job="gnomon"} 1.000000 @5)",
          R"(scrape_samples_post_metric_relabeling{instance="h:1", job="gnomon"} 1.000000 @5)"));
  ASSERT_EQ(batch.metadata.size(), 1u);
  EXPECT_EQ(batch.metadata[0].metadata, (model::Metadata{"counter", "Requests.", ""}));
}

TEST(SelfScrape, LeavesStaleMarkersBehind) {
  const auto last = stale_batch(scrape_batch(kFamilies, {"gnomon", "h:1"}, 5, 0.25), 9);
  ASSERT_EQ(last.rows.size(), 5u);
  for (const std::string& line : lines(last)) EXPECT_THAT(line, ::testing::EndsWith(" stale @9"));
  EXPECT_TRUE(last.metadata.empty());
}

}  // namespace
}  // namespace gnomon::server
