#include "src/base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "src/base/clock.h"

namespace gnomon::base {
namespace {

TEST(WorkerPool, RunsWhatWasSubmittedBeforeItEnds) {
  std::atomic<int> sum = 0;
  {
    WorkerPool pool(3);
    EXPECT_EQ(pool.threads(), 3u);
    for (int i = 1; i <= 100; ++i) {
      pool.submit([&sum, &pool, i] {
        sum += i;
        if (i == 100) pool.submit([&sum] { sum += 1000; });
      });
    }
  }
  EXPECT_EQ(sum, 5050 + 1000);
}

TEST(WorkerPool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    WorkerPool pool(1);
    for (int i = 0; i < 10; ++i) pool.submit([&order, i] { order.push_back(i); });
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

// A pool for the worst case costs nothing until it comes.
TEST(WorkerPool, StartsAsManyThreadsAsAreNeededAtOnce) {
  constexpr size_t kTasks = 4;
  std::set<std::thread::id> seen;
  std::mutex mutex;
  std::latch all_run(kTasks);
  {
    WorkerPool pool(1'000'000);
    for (size_t i = 0; i < kTasks; ++i) {
      pool.submit([&] {
        all_run.arrive_and_wait();
        const std::lock_guard lock(mutex);
        seen.insert(std::this_thread::get_id());
      });
    }
  }
  EXPECT_EQ(seen.size(), kTasks);
}

TEST(Clock, Advances) {
  const int64_t before = monotonic_ns();
  EXPECT_GE(monotonic_ns(), before);
  EXPECT_GT(now_ms(), 1'600'000'000'000);
}

}  // namespace
}  // namespace gnomon::base
