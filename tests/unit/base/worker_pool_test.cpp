#include "src/base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "src/base/clock.h"
#include "tests/unit/base/no_new_threads.h"

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

void wait_until_running(const WorkerPool& pool, size_t threads) {
  for (int i = 0; i < 10'000 && pool.running() != threads; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(WorkerPool, IdleThreadsEndAndNewOnesStart) {
  std::atomic<int> ran = 0;
  WorkerPool pool(8, 20);
  for (int round = 1; round <= 3; ++round) {
    std::latch all_run(8);
    for (int i = 0; i < 8; ++i) {
      EXPECT_TRUE(pool.submit([&] {
        all_run.arrive_and_wait();
        ++ran;
      }));
    }
    wait_until_running(pool, 0);
    EXPECT_EQ(pool.running(), 0u);
    EXPECT_EQ(ran, 8 * round);
  }
}

TEST(WorkerPool, MayEndWhileItsThreadsDo) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ran = 0;
    {
      WorkerPool pool(4, 1);
      for (int i = 0; i < 4; ++i) pool.submit([&] { ++ran; });
      std::this_thread::sleep_for(std::chrono::microseconds(500 + 40 * round));
      pool.submit([&] { ++ran; });
    }
    EXPECT_EQ(ran, 5);
  }
}

TEST(WorkerPool, SaysWhenThereIsNoThreadAtAll) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(2);
    {
      const NoNewThreads none;
      EXPECT_FALSE(pool.submit([&] { ran += 100; }));
      EXPECT_EQ(pool.running(), 0u);
    }
    EXPECT_TRUE(pool.submit([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 1);
}

TEST(WorkerPool, TasksWaitForTheThreadsThereAreWhenNoFurtherOneStarts) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(2);
    std::latch started(1), go(1);
    pool.submit([&] {
      started.count_down();
      go.wait();
      ++ran;
    });
    started.wait();
    const NoNewThreads none;
    EXPECT_TRUE(pool.submit([&] { ++ran; }));
    EXPECT_EQ(pool.running(), 1u);
    go.count_down();
  }
  EXPECT_EQ(ran, 2);
}

TEST(Clock, Advances) {
  const int64_t before = monotonic_ns();
  EXPECT_GE(monotonic_ns(), before);
  EXPECT_GT(now_ms(), 1'600'000'000'000);
}

}  // namespace
}  // namespace gnomon::base
