#include "src/base/deadline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace gnomon::base {
namespace {

using namespace std::chrono_literals;

bool fires_within(const std::stop_token& token, std::chrono::milliseconds time) {
  const auto until = Deadline::Clock::now() + time;
  while (!token.stop_requested() && Deadline::Clock::now() < until) {
    std::this_thread::sleep_for(1ms);
  }
  return token.stop_requested();
}

TEST(Deadline, FiresAtItsTime) {
  const auto begin = Deadline::Clock::now();
  const Deadline deadline({}, 50ms);
  EXPECT_FALSE(deadline.token().stop_requested());
  EXPECT_TRUE(fires_within(deadline.token(), 10s));
  EXPECT_GE(Deadline::Clock::now() - begin, 50ms);
  EXPECT_TRUE(deadline.passed());
}

TEST(Deadline, FiresWithItsParent) {
  std::stop_source client;
  const Deadline deadline(client.get_token(), 1h);
  EXPECT_FALSE(deadline.token().stop_requested());
  client.request_stop();
  EXPECT_TRUE(deadline.token().stop_requested());
  EXPECT_FALSE(deadline.passed());
}

TEST(Deadline, AnEarlierOneIsNotHeldUpByALaterOne) {
  const Deadline late({}, 1h);
  const Deadline early({}, 20ms);
  EXPECT_TRUE(fires_within(early.token(), 10s));
  EXPECT_FALSE(late.token().stop_requested());
}

TEST(Deadline, NoCallbackRunsAfterItsEnd) {
  for (int i = 0; i < 200; ++i) {
    std::atomic<int> running = 0;
    {
      const Deadline deadline({}, 1ms);
      const std::stop_callback watch(deadline.token(), [&] {
        ++running;
        std::this_thread::sleep_for(100us);
        --running;
      });
      std::this_thread::sleep_for(i % 2 == 0 ? 1ms : 900us);
    }
    EXPECT_EQ(running, 0);
  }
}

TEST(Deadline, ManyAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> fired = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&fired] {
      for (int i = 0; i < 50; ++i) {
        const Deadline deadline({}, 1ms);
        if (fires_within(deadline.token(), 10s)) ++fired;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fired, 400);
}

}  // namespace
}  // namespace gnomon::base
