// Pages of samples that are kept from query to query, while samples of other times are written.
#include <thread>

#include "adapters/clickhouse/change_log.h"
#include "adapters/clickhouse/part_list.h"
#include "tests/unit/clickhouse/clickhouse_fixture.h"

namespace gnomon {
namespace {

using clickhouse::ChangeLog;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kBegin = 1'700'000 * kMinute / 1'000 * 1'000;  // 2001

TEST(ChangeLog, TellsMinutesApart) {
  ChangeLog log;
  const uint64_t before = log.version_of(-kHour, kHour);
  log.note(5 * kMinute, 7 * kMinute - 1);
  EXPECT_EQ(log.version_of(-kHour, 5 * kMinute - 1), before);
  EXPECT_EQ(log.version_of(7 * kMinute, kHour), before);
  const uint64_t after = log.version_of(6 * kMinute, 6 * kMinute);
  EXPECT_NE(after, before);
  EXPECT_EQ(log.version_of(-kHour, 5 * kMinute), after);
  log.note(6 * kMinute, 6 * kMinute);
  EXPECT_EQ(log.version_of(5 * kMinute, 5 * kMinute), after);
  EXPECT_NE(log.version_of(5 * kMinute, 6 * kMinute), after);
}

TEST(ChangeLog, ForgetsWhenTooMuchIsNoted) {
  ChangeLog log;
  log.note(0, 0);
  const uint64_t before = log.version_of(-kHour, -kHour);
  const uint64_t zero = log.version_of(0, 0);
  log.note(kHour, kHour + 200'000 * kMinute);
  EXPECT_NE(log.version_of(-kHour, -kHour), before);
  EXPECT_NE(log.version_of(0, 0), zero);
  EXPECT_EQ(log.version_of(0, 0), log.version_of(-kHour, kHour));
}

TEST(PartList, TellsAMergeFromWhatIsNew) {
  clickhouse::PartList before;
  before.add("202611 samples", 1, 4);
  before.add("202611 samples", 5, 5);
  before.add("202611 samples", 7, 9);
  before.add("202611 histograms", 6, 6);
  const auto holds = [&](int64_t first, int64_t last) {
    return before.holds("202611 samples", first, last);
  };
  EXPECT_TRUE(holds(1, 4));
  EXPECT_TRUE(holds(1, 5));
  EXPECT_TRUE(holds(7, 9));
  EXPECT_FALSE(holds(1, 3));
  EXPECT_FALSE(holds(6, 6));
  EXPECT_FALSE(holds(5, 9));
  EXPECT_FALSE(holds(7, 10));
  EXPECT_FALSE(holds(2, 4));
  EXPECT_FALSE(before.holds("202612 samples", 1, 4));
}

class ClickHousePages : public ClickHouseTest {
 protected:
  // A sample every 15 s in three hours.
  void SetUp() override {
    ClickHouseTest::SetUp();
    if (IsSkipped()) return;
    Batch batch;
    for (int i = 0; i < 3; ++i) {
      std::vector<model::Sample> samples;
      for (int64_t time = kBegin; time < kBegin + 3 * kHour; time += 15'000) {
        samples.push_back({time, static_cast<double>(time / 1000 % 977 * (i + 1))});
      }
      batch.row({{"__name__", "m"}, {"i", std::to_string(i)}}, samples);
    }
    write(batch);
    other_ = open();
  }

  // How many pages a query had to fetch, and that it gives what `expected` gives.
  uint64_t misses(int64_t begin_ms = 0, int64_t end_ms = 3 * kHour, storage::Reduction how = {}) {
    const double before = counter("misses_total");
    expect_right(begin_ms, end_ms, std::move(how));
    return static_cast<uint64_t>(counter("misses_total") - before);
  }

  void expect_right(int64_t begin_ms, int64_t end_ms, storage::Reduction how) {
    const storage::Fragment fragment{{model::Matcher::equal("__name__", "m")},
                                     kBegin + begin_ms,
                                     kBegin + end_ms - 1,
                                     std::move(how)};
    const auto fresh = open("?native_rollups=on");
    EXPECT_EQ(read(*store_, fragment), read(*fresh, fragment));
  }

  static std::string read(storage::MetricStore& store, const storage::Fragment& fragment) {
    auto selection = store.select(fragment, {});
    EXPECT_TRUE(selection.ok());
    SeriesSamples out;
    auto cursor = (*selection)->open(0, (*selection)->series().size(), {});
    model::SampleBlock block;
    for (const model::Labels& labels : (*selection)->series()) {
      EXPECT_TRUE(*(*cursor)->next(block));
      out.emplace_back(labels, block);
    }
    return to_text(out);
  }

  double counter(const std::string& name) {
    return store_->catalog().statistics(1, {})->counters.at("gnomon_store_chunk_cache_" + name);
  }

  static Batch sample(int64_t time_ms, double value) {
    Batch batch;
    batch.row({{"__name__", "m"}, {"i", "0"}}, {{kBegin + time_ms, value}});
    return batch;
  }

  OpenClickHouse other_;
};

TEST_F(ClickHousePages, AreKeptForTheNextQuery) {
  const uint64_t pages = misses();
  EXPECT_GE(pages, 4u);
  EXPECT_EQ(misses(), 0u);
  EXPECT_EQ(misses(2 * kMinute, 3 * kHour - 5 * kMinute), 0u);
  EXPECT_GT(counter("bytes"), 1000);
  EXPECT_LE(misses(kHour, 4 * kHour), 3u);
}

TEST_F(ClickHousePages, SeeWhatIsWritten) {
  const uint64_t pages = misses();
  write(sample(kHour + 1, 7));
  EXPECT_EQ(misses(), 1u);
  ASSERT_TRUE(other_->append(sample(2 * kHour + 1, 8).get(), {}).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  // What this one wrote has meanwhile been seen a second time, in the parts.
  EXPECT_LE(misses(), 2u);
  EXPECT_NE(text().find("8@" + std::to_string(kBegin + 2 * kHour + 1)), std::string::npos);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(misses(), 0u);
  database_->ask("OPTIMIZE TABLE {d}.samples FINAL");
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(misses(), 0u);
  // Years that the list of parts cannot show.
  ASSERT_TRUE(other_->append(sample(-40 * 365 * 24 * kHour, 8).get(), {}).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(misses(), pages);
}

TEST_F(ClickHousePages, SeeWhatIsDeleted) {
  const uint64_t pages = misses();
  const storage::CatalogQuery some{
      {{model::Matcher::equal("i", "1")}}, kBegin + kHour, kBegin + kHour + kMinute};
  ASSERT_TRUE(other_->remove(some, {}).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(misses(), pages);
  database_->ask("ALTER TABLE {d}.samples DROP PARTITION ID '20010909'");
  database_->ask("TRUNCATE TABLE {d}.samples");
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(misses(), pages);
  EXPECT_EQ(text(), "");
}

TEST_F(ClickHousePages, ArePointsWhereClickHouseComputesThem) {
  store_ = open("?native_rollups=on");
  const auto rate = [](int64_t begin_ms, int64_t step_ms) {
    return storage::Rollup{
        "rate", {kBegin + begin_ms, kBegin + 3 * kHour - 1, step_ms}, 5 * kMinute};
  };
  const auto ask = [&](int64_t begin_ms, int64_t step_ms) {
    return misses(begin_ms - 5 * kMinute + 1, 3 * kHour, rate(begin_ms, step_ms));
  };
  EXPECT_GE(ask(0, kMinute), 4u);
  EXPECT_EQ(ask(kMinute, kMinute), 0u);
  EXPECT_GE(ask(kMinute + 1, kMinute), 4u);
  EXPECT_GE(ask(0, 2 * kMinute), 4u);
  // The points after it depend on it, too.
  write(sample(kHour - 1, 7));
  EXPECT_GE(ask(0, kMinute), 1u);
}

TEST_F(ClickHousePages, KeepHistogramsAndTheFirstOfTwoSamples) {
  database_->ask("SYSTEM STOP MERGES {d}.samples");
  database_->await_next_second();
  ASSERT_TRUE(other_->append(sample(kHour, -1).get(), {}).ok());
  Batch batch;
  batch.row({{"__name__", "m"}, {"i", "1"}}, {}, {histogram(kBegin + 1, 4)});
  ASSERT_TRUE(other_->append(batch.get(), {}).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  misses();
  EXPECT_EQ(misses(), 0u);
  EXPECT_EQ(text().find(" -1@"), std::string::npos);
}

}  // namespace
}  // namespace gnomon
