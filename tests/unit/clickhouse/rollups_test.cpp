// What ClickHouse computes on a grid, next to what the engine computes from the same samples.
#include <bit>
#include <cmath>
#include <map>
#include <random>

#include "adapters/clickhouse/metrics/rollups.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/unit/clickhouse/clickhouse_fixture.h"

namespace gnomon {
namespace {

using ClickHouseRollups = ClickHouseTest;

// Counters with resets and gaps, gauges, stale markers, NaN and infinities, lonely samples.
std::vector<model::Sample> random_samples(std::mt19937_64& random, int kind) {
  const auto pick = [&](uint64_t n) { return random() % n; };
  std::vector<model::Sample> samples;
  double value = static_cast<double>(pick(1000));
  int64_t time = static_cast<int64_t>(pick(60'000));
  const bool jitter = kind % 2 == 0;
  while (time < 3'600'000) {
    if (kind % 3 == 0) value = static_cast<double>(pick(2000)) / 16 - 40;
    if (kind % 3 == 1) value = pick(15) == 0 ? 0 : value + static_cast<double>(pick(300));
    if (kind % 3 == 2) value = std::bit_cast<double>(0x3fe0000000000000 | pick(1ull << 52));
    double shown = value;
    if (pick(40) == 0) shown = model::kStale;
    if (kind % 5 == 4 && pick(30) == 0) shown = pick(2) == 0 ? model::kNaN : INFINITY;
    samples.push_back({time, shown});
    time += 15'000;
    if (jitter) time += static_cast<int64_t>(pick(3000));
    if (pick(25) == 0) time += static_cast<int64_t>(pick(900'000));
  }
  return samples;
}

struct Difference {
  uint64_t points = 0;
  uint64_t missing = 0;  // only one of them has a point
  uint64_t unequal = 0;  // other bits
  double relative = 0;   // the largest
};

void compare(const model::SampleBlock& ours, const model::SampleBlock& theirs, Difference& out) {
  std::map<int64_t, std::pair<const double*, const double*>> points;
  for (size_t i = 0; i < ours.times.size(); ++i) points[ours.times[i]].first = &ours.values[i];
  for (size_t i = 0; i < theirs.times.size(); ++i)
    points[theirs.times[i]].second = &theirs.values[i];
  for (const auto& [time, pair] : points) {
    ++out.points;
    if (pair.first == nullptr || pair.second == nullptr) {
      ++out.missing;
      continue;
    }
    const double a = *pair.first;
    const double b = *pair.second;
    if (std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b)) continue;
    ++out.unequal;
    if (std::isnan(a) && std::isnan(b)) continue;
    const double relative = std::abs(a - b) / std::max(std::abs(a), std::abs(b));
    out.relative = std::isfinite(relative) ? std::max(out.relative, relative) : INFINITY;
  }
}

// The points of one function on several grids, over all series.
Difference measure(storage::MetricStore& store, storage::MetricStore& oracle,
                   const std::string& function) {
  Difference difference;
  for (const auto& [step, window] : {std::pair{30'000, 60'000},
                                     {60'000, 300'000},
                                     {77'000, 45'001},
                                     {300'000, 3'600'000},
                                     {60'000, 60'000}}) {
    const model::TimeGrid grid{600'000, 3'700'000, step};
    const storage::Fragment fragment{
        {}, grid.start_ms - window + 1, grid.last(), storage::Rollup{function, grid, window}};
    auto here = store.select(fragment, {});
    auto there = oracle.select(fragment, {});
    EXPECT_TRUE(here.ok() && there.ok());
    if (!here.ok() || !there.ok()) return difference;
    EXPECT_TRUE((*here)->rolled_up());
    const size_t series = (*there)->series().size();
    EXPECT_EQ((*here)->series().size(), series);
    auto here_cursor = (*here)->open(0, series, {});
    auto there_cursor = (*there)->open(0, series, {});
    model::SampleBlock ours;
    model::SampleBlock theirs;
    for (size_t i = 0; i < series; ++i) {
      EXPECT_TRUE((*there_cursor)->next(ours).ok());
      const auto next = (*here_cursor)->next(theirs);
      EXPECT_TRUE(next.ok()) << next.error().message;
      if (!next.ok()) return difference;
      compare(ours, theirs, difference);
    }
  }
  return difference;
}

TEST_F(ClickHouseRollups, AgreeWithTheEngine) {
  using clickhouse::NativeRollups;
  const auto exact = clickhouse::native_rollups(NativeRollups::Auto);
  const auto all = clickhouse::native_rollups(NativeRollups::On);
  EXPECT_TRUE(clickhouse::native_rollups(NativeRollups::Off).empty());
  storage::Capabilities declared;
  declared.rollups = all;
  storage::MemoryStore oracle(declared);
  std::mt19937_64 random(5);
  Batch batch;
  for (int i = 0; i < 60; ++i) {
    batch.row({{"__name__", "m"}, {"i", std::to_string(i)}}, random_samples(random, i));
  }
  ASSERT_TRUE(oracle.append(batch.get(), {}).ok());
  store_ = open("?native_rollups=on");
  write(batch);
  for (const std::string& function : all) {
    const Difference difference = measure(*store_, oracle, function);
    const bool same = std::find(exact.begin(), exact.end(), function) != exact.end();
    SCOPED_TRACE(function + ": " + std::to_string(difference.points) + " points, " +
                 std::to_string(difference.missing) + " missing, " +
                 std::to_string(difference.unequal) + " unequal, relative " +
                 std::to_string(difference.relative * 1e15) + "e-15");
    EXPECT_GT(difference.points, 1000u);
    EXPECT_EQ(difference.missing, 0u);
    EXPECT_LT(difference.relative, 1e-12);
    EXPECT_TRUE(difference.unequal == 0 || !same);
  }
}

}  // namespace
}  // namespace gnomon
