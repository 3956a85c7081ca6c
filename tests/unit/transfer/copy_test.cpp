#include "src/transfer/copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

#include "src/storage/metrics/memory_store.h"
#include "src/storage/window.h"
#include "tests/open_metrics.h"
#include "tests/servers/server.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon::transfer {
namespace {

using storage::kWindowMs;
using storage::MemoryStore;
using storage::MetricStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kBase = 1'700'000'000'000;

model::HistogramPtr histogram(double count, model::CounterResetHint hint, bool integer) {
  model::Histogram h;
  h.hint = hint;
  h.integer = integer;
  h.schema = 3;
  h.zero_threshold = 1e-128;
  h.zero_count = 1;
  h.count = count;
  h.sum = -0.0;
  h.positive_spans = {{-2, 1}, {3, 1}};
  h.positive_buckets = {count - 2, 1};
  return std::make_shared<model::Histogram>(std::move(h));
}

model::HistogramPtr custom_histogram() {
  model::Histogram h;
  h.schema = model::kCustomBucketsSchema;
  h.count = 2.5;
  h.sum = 7;
  h.positive_spans = {{0, 2}};
  h.positive_buckets = {1, 1.5};
  h.custom_values = {0.5, 1, 10};
  return std::make_shared<model::Histogram>(std::move(h));
}

// Everything that a store can hold: odd floats, start timestamps, histograms, exemplars, metadata,
// over windows with a gap of years between them.
void fill(MetricStore& store) {
  const double payload = std::bit_cast<double>(uint64_t{0x7ff8dead0000beef});
  Batch odd;
  odd.row({{"__name__", "odd"}, {"job", "a"}},
          {{1000, -0.0}, {2000, model::kStale}, {kBase, payload}, {kBase + 1, model::kNaN}});
  odd.exemplar({model::Labels::from({{"trace_id", "t1"}}), -0.0, 1500});
  odd.exemplar({model::Labels::from({{"trace_id", "t2"}}), payload, kBase});
  odd.row({{"job", "nameless"}}, {{kBase + 5, 5e-324}});
  odd.metadata("odd", {"gauge", "Odd \"values\".", "bytes"});
  ASSERT_TRUE(store.append(odd.get(), {}).ok());
  Batch started;
  started.row({{"__name__", "started_total"}}, {{kBase, 1}, {kBase + 1000, 2}});
  started.starts({kBase - 5000, 0});
  ASSERT_TRUE(store.append(started.get(), {}).ok());
  using enum model::CounterResetHint;
  Batch histograms;
  histograms.row({{"__name__", "seconds"}}, {{kBase + 7, 3}},
                 {{kBase + 8, histogram(10, Reset, true), kBase - 1},
                  {kBase + 9, histogram(12, Unknown, true)},
                  {kBase + kWindowMs, histogram(12.5, Gauge, false)},
                  {kBase + kWindowMs + 1, custom_histogram()}});
  ASSERT_TRUE(store.append(histograms.get(), {}).ok());
  Batch regular;
  for (int series = 0; series < 20; ++series) {
    std::vector<model::Sample> samples;
    for (int i = 0; i < 3000; ++i) samples.push_back({kBase + i * 15'000, series + i * 0.25});
    regular.row({{"__name__", "regular"}, {"n", std::to_string(series)}}, std::move(samples));
  }
  ASSERT_TRUE(store.append(regular.get(), {}).ok());
}

class Copy : public ::testing::Test {
 protected:
  std::shared_ptr<MetricStore> open(const std::string& name) {
    storage::StoreOptions options;
    options.retention_ms = 0;
    auto store = open_metrics("sqlite:" + folder_.file(name), options);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return std::move(store).value();
  }
  static CopyReport copied(MetricStore& from, MetricStore& to, const CopyOptions& options = {}) {
    auto report = copy(from, to, options, {});
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? *report : CopyReport{};
  }
  static void expect_same(MetricStore& a, MetricStore& b) {
    const CopyReport again = copied(a, b);
    EXPECT_EQ(again.samples_written, 0u);
    EXPECT_THAT(again.problems, IsEmpty());
    EXPECT_EQ(to_text(read_all(a)), to_text(read_all(b)));
  }

  TemporaryFolder folder_;
};

TEST_F(Copy, GoesThereAndBackWithEveryBit) {
  MemoryStore first, last;
  fill(first);
  const auto middle = open("middle.db");
  const CopyReport there = copied(first, *middle);
  EXPECT_THAT(there.problems, IsEmpty());
  EXPECT_EQ(there.series, 24u);
  EXPECT_EQ(there.samples, 4u + 1 + 2 + 5 + 20 * 3000);
  EXPECT_EQ(there.samples_written, there.samples);
  EXPECT_EQ(there.windows_skipped, 0u);
  EXPECT_EQ(there.exemplars, 2u);
  EXPECT_EQ(there.metadata, 1u);
  EXPECT_EQ(copied(*middle, last).samples_written, there.samples);
  expect_same(first, last);
  expect_same(last, first);
  const auto exemplars = last.catalog().exemplars({}, {});
  ASSERT_EQ(exemplars->size(), 1u);
  EXPECT_EQ((*exemplars)[0].exemplars.size(), 2u);
  EXPECT_EQ((*last.catalog().metadata("odd", {}))[0].metadata.help, "Odd \"values\".");
}

TEST_F(Copy, SurvivesClosingAndSealing) {
  MemoryStore first;
  fill(first);
  copied(first, *open("a.db"));
  copied(*open("a.db"), *open("b.db"));
  expect_same(first, *open("b.db"));
}

// A namespace of its own in the servers that tests share.
std::string fresh_url(const std::string& server) {
  const std::string url = servers::shared_url(server);
  if (url.empty()) return url;
  static std::atomic<int> count{0};
  const std::string name = "copy-" + std::to_string(getpid()) + "-" + std::to_string(count++);
  return *adapters::tenant_url(url, name);
}

TEST_F(Copy, GoesThroughEveryDatabaseAndBack) {
  std::vector<std::string> urls;
  for (const char* server : {"postgres", "clickhouse"}) {
    urls.push_back(fresh_url(server));
    if (urls.back().empty()) GTEST_SKIP() << "GNOMON_TEST_... says none: " << server;
  }
  urls.insert(urls.begin(), "sqlite:" + folder_.file("first.db"));
  urls.push_back("sqlite:" + folder_.file("last.db"));
  const storage::StoreOptions options{.retention_ms = 0};
  const auto open_url = [&options](const std::string& url) {
    auto store = open_metrics(url, options);
    EXPECT_TRUE(store.ok()) << url << ": " << store.error().message;
    return store.ok() ? std::move(*store) : std::make_shared<MemoryStore>();
  };
  MemoryStore first;
  fill(first);
  copied(first, *open_url(urls[0]));
  for (size_t i = 1; i < urls.size(); ++i) {
    const auto from = open_url(urls[i - 1]);
    const auto to = open_url(urls[i]);
    const CopyReport report = copied(*from, *to);
    EXPECT_THAT(report.problems, IsEmpty()) << urls[i];
    EXPECT_GT(report.samples_written, 0u);
    expect_same(first, *to);
  }
  expect_same(first, *open_url(urls.back()));
  expect_same(*open_url(urls.back()), first);
}

TEST_F(Copy, SkipsWhatIsThereAlready) {
  MemoryStore from, to;
  fill(from);
  copied(from, to);
  const CopyReport again = copied(from, to);
  EXPECT_EQ(again.windows_copied, 0u);
  EXPECT_GT(again.windows_skipped, 5u);
  Batch one;
  one.row({{"__name__", "late"}}, {{kBase + 1, 1}});
  ASSERT_TRUE(from.append(one.get(), {}).ok());
  const CopyReport more = copied(from, to);
  EXPECT_EQ(more.windows_copied, 1u);
  EXPECT_EQ(more.samples_written, 1u);
}

TEST_F(Copy, TakesOnlyTheTimesAskedFor) {
  MemoryStore from, to;
  fill(from);
  CopyOptions options;
  options.min_time_ms = kBase + 15'000;
  options.max_time_ms = kBase + 30'000;
  EXPECT_EQ(copied(from, to, options).samples, 2u * 20);
  EXPECT_EQ(read_all(to).size(), 20u);
  EXPECT_THAT(*to.catalog().exemplars({}, {}), IsEmpty());
}

TEST_F(Copy, NamesWhatTheDestinationHasOtherwise) {
  MemoryStore from, to;
  Batch here, there;
  here.row({{"__name__", "a"}}, {{kBase, 1}, {kBase + 1, 2}});
  here.row({{"__name__", "b"}}, {{kBase, 1}});
  there.row({{"__name__", "a"}}, {{kBase, 7}});
  there.row({{"__name__", "b"}}, {{kBase + 1, 1}});
  there.row({{"__name__", "c"}}, {{kBase, 1}});
  ASSERT_TRUE(from.append(here.get(), {}).ok());
  ASSERT_TRUE(to.append(there.get(), {}).ok());
  const CopyReport report = copied(from, to);
  EXPECT_EQ(report.mismatches, 3u);
  EXPECT_THAT(report.problems,
              ElementsAre("a from 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z: 2 samples in the "
                          "source, 2 in the destination, which differ",
                          "b from 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z: 1 samples in the "
                          "source, 2 in the destination",
                          "the destination has another value for a at 1700000000000"));
}

TEST_F(Copy, NoticesAStartTimestampThatIsMissing) {
  MemoryStore from, to;
  Batch here, there;
  here.row({{"__name__", "a"}}, {{kBase, 1}}).starts({kBase - 1});
  there.row({{"__name__", "a"}}, {{kBase, 1}});
  ASSERT_TRUE(from.append(here.get(), {}).ok());
  ASSERT_TRUE(to.append(there.get(), {}).ok());
  EXPECT_THAT(copied(from, to).problems, ElementsAre(HasSubstr("which differ")));
}

// A store that asks how often it was asked.
class CountedStore : public MemoryStore {
 public:
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override {
    ++selections;
    return MemoryStore::select(fragment, std::move(stop));
  }
  int selections = 0;
};

TEST_F(Copy, CrossesGapsInAFewSteps) {
  CountedStore from, to;
  Batch batch;
  batch.row({{"__name__", "a"}}, {{0, 1}, {kBase, 1}});
  ASSERT_TRUE(from.append(batch.get(), {}).ok());
  const CopyReport report = copied(from, to);
  EXPECT_EQ(report.windows_copied, 2u);
  EXPECT_EQ(to_text(read_all(to)), "a 1@0 1@1700000000000\n");
  EXPECT_LT(from.selections, 10);
}

TEST_F(Copy, OfNothingIsNothing) {
  MemoryStore from, to;
  const CopyReport report = copied(from, to);
  EXPECT_EQ(report.series, 0u);
  EXPECT_EQ(report.windows_copied + report.windows_skipped, 0u);
}

TEST_F(Copy, StopsWhenTold) {
  MemoryStore from, to;
  fill(from);
  std::stop_source stop;
  stop.request_stop();
  const auto report = copy(from, to, {}, stop.get_token());
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::Canceled);
}

TEST_F(Copy, TellsHowFarItIs) {
  MemoryStore from, to;
  fill(from);
  CopyOptions options;
  std::vector<CopyProgress> seen;
  options.progress = [&](const CopyProgress& progress) { seen.push_back(progress); };
  const CopyReport report = copied(from, to, options);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().samples, report.samples);
  EXPECT_EQ(seen.back().done_until_ms, seen.back().last_ms);
  EXPECT_EQ(seen.back().first_ms, 1000);
}

}  // namespace
}  // namespace gnomon::transfer
