// Readers, writers, sealing, merging and deleting at once: every read has what was acknowledged
// before it, nothing is missed or seen twice while a seal moves it.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/open_metrics.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int kWriters = 2;
constexpr int kReaders = 2;
constexpr int kSeries = 30;
constexpr int kSteps = 400;
constexpr int64_t kStepMs = 600'000;

class Concurrency : public testing::Test {
 protected:
  void SetUp() override {
    storage::StoreOptions options;
    options.retention_ms = 0;
    options.seal_grace_ms = kStepMs;
    options.day_merge_after_ms = 3 * 3'600'000;
    options.log_bytes_max = 50'000;
    options.chunk_cache_bytes = 100'000;  // pages come and go
    auto store = adapters::SqliteDatabase::open(folder_.file("g.db"), options);
    ASSERT_TRUE(store.ok());
    store_ = std::move(*store);
  }

  void write(int writer) {
    for (int step = 1; step <= kSteps; ++step) {
      Batch batch;
      for (int series = 0; series < kSeries; ++series) {
        batch.row({{"__name__", "m"}, {"w", std::to_string(writer)}, {"i", std::to_string(series)}},
                  {{step * kStepMs, double(step)}});
      }
      const auto outcome = store_->metrics().append(batch.get(), {});
      ASSERT_TRUE(outcome.ok()) << outcome.error().message;
      ASSERT_EQ(outcome->samples_stored, uint64_t{kSeries});
      done_[static_cast<size_t>(writer)] = step;
    }
  }

  // What was acknowledged before the read began is there, in order and without gaps.
  void read(int writer) {
    while (done_[static_cast<size_t>(writer)] < kSteps) {
      const int before = done_[static_cast<size_t>(writer)];
      const auto all =
          read_all(store_->metrics(), {model::Matcher::equal("w", std::to_string(writer))});
      ASSERT_EQ(all.size(), before > 0 ? size_t{kSeries} : all.size());
      for (const auto& [labels, block] : all) {
        ASSERT_GE(block.size(), static_cast<size_t>(before));
        for (size_t i = 0; i < block.size(); ++i) {
          const int64_t step = block.times[i] / kStepMs;
          // Later samples may be seen or not.
          if (i < static_cast<size_t>(before)) ASSERT_EQ(step, static_cast<int64_t>(i) + 1);
          ASSERT_EQ(block.values[i], static_cast<double>(step));
          ASSERT_TRUE(i == 0 || block.times[i - 1] < block.times[i]);
        }
      }
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<adapters::SqliteDatabase> store_;
  std::array<std::atomic<int>, kWriters> done_ = {};
};

TEST_F(Concurrency, ReadersSeeWhatIsAcknowledged) {
  std::atomic<bool> stop = false;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([this, writer] { write(writer); });
      for (int reader = 0; reader < kReaders; ++reader) {
        threads.emplace_back([this, writer] { read(writer); });
      }
    }
    std::jthread upkeep([&] {
      for (int i = 0; !stop; ++i) {
        ASSERT_TRUE(store_->maintain(i % 3 == 0).ok());
        ASSERT_TRUE(store_->metrics().catalog().statistics(3, {}).ok());
        ASSERT_TRUE(store_->metrics().catalog().series({{}, 0, 5 * kStepMs}, {}).ok());
        ASSERT_TRUE(
            store_->metrics().remove({{{model::Matcher::equal("__name__", "none")}}}, {}).ok());
      }
    });
    threads.clear();
    stop = true;
  }
  EXPECT_GT(store_->metrics().catalog().statistics(1, {})->chunks, uint64_t{kSeries});
  EXPECT_EQ(read_all(store_->metrics()).size(), size_t{kWriters * kSeries});
}

// The same sample from everywhere at once: one value wins, for all readers and after a restart.
TEST_F(Concurrency, OneOfTwoConflictingSamplesWins) {
  std::atomic<uint64_t> stored = 0;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < 4; ++writer) {
      threads.emplace_back([&, writer] {
        for (int step = 1; step <= 100; ++step) {
          Batch batch;
          batch.row({{"__name__", "m"}}, {{step * kStepMs, double(writer)}});
          stored += store_->metrics().append(batch.get(), {})->samples_stored;
        }
      });
    }
  }
  EXPECT_EQ(stored, 100u);
  const std::string before = to_text(read_all(store_->metrics()));
  store_.reset();
  auto again = open_metrics("sqlite:" + folder_.file("g.db"), {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(to_text(read_all(**again)), before);
}

}  // namespace
}  // namespace gnomon
