#include "src/base/fair_shared_mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace gnomon::base {
namespace {

using namespace std::chrono_literals;

TEST(FairSharedMutex, KeepsWritersApartFromAll) {
  FairSharedMutex mutex;
  int value = 0;
  std::atomic<bool> torn = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, writes = t == 0] {
      for (int i = 0; i < 2'000; ++i) {
        if (writes) {
          const std::unique_lock alone(mutex);
          ++value;
          ++value;
        } else {
          const std::shared_lock pass(mutex);
          if (value % 2 != 0) torn = true;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(torn);
  EXPECT_EQ(value, 4'000);
}

// Readers that always overlap do not keep a writer out, nor writers that follow each other readers.
TEST(FairSharedMutex, StarvesNeitherSide) {
  FairSharedMutex mutex;
  std::atomic<bool> done = false;
  std::atomic<int> written = 0, read = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, writes = t < 2] {
      while (!done) {
        if (writes) {
          const std::unique_lock alone(mutex);
          std::this_thread::sleep_for(100us);
          ++written;
        } else {
          const std::shared_lock pass(mutex);
          std::this_thread::sleep_for(100us);
          ++read;
        }
      }
    });
  }
  const auto until = std::chrono::steady_clock::now() + 20s;
  while ((written < 200 || read < 200) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(1ms);
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(written, 200);
  EXPECT_GE(read, 200);
}

TEST(FairSharedMutex, GivesUpWhenStopped) {
  FairSharedMutex mutex;
  std::stop_source stop;
  {
    const std::shared_lock pass(mutex);
    std::thread writer([&] { EXPECT_FALSE(mutex.lock(stop.get_token())); });
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
    writer.join();
    // The writer that gave up keeps no reader out.
    ASSERT_TRUE(mutex.lock_shared(std::stop_token()));
    mutex.unlock_shared();
  }
  {
    const std::unique_lock alone(mutex);
    EXPECT_FALSE(mutex.lock_shared(stop.get_token()));
    EXPECT_FALSE(mutex.lock(stop.get_token()));
    // The one that holds it still does.
    EXPECT_FALSE(mutex.lock_shared(stop.get_token()));
  }
  ASSERT_TRUE(mutex.lock(std::stop_token()));
  mutex.unlock();
}

}  // namespace
}  // namespace gnomon::base
