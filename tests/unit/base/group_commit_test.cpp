#include "src/base/group_commit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <new>
#include <thread>

namespace gnomon::base {
namespace {

using namespace std::chrono_literals;
constexpr auto kReady = std::future_status::ready;

struct Numbered : GroupCommit::Entry {
  int number = 0;
};

int number_of(const GroupCommit::Entry* entry) {
  return static_cast<const Numbered*>(entry)->number;
}

// Commits that wait until they are let go; what was committed and applied, in order.
class GroupCommitTest : public testing::Test {
 protected:
  void start(int number, size_t weight = 1, std::stop_token stop = {}) {
    threads_.push_back(std::async(std::launch::async, [this, number, weight, stop] {
      Numbered entry;
      entry.number = number;
      entry.weight = weight;
      entry.stop = stop;
      return queue_.commit(entry);
    }));
    // The first one commits; the others wait, or are done already.
    const auto settled = [&] {
      if (stop.stop_requested() || opened_) return threads_.back().wait_for(0s) == kReady;
      return threads_.size() == 1 ? committing_.load() : queue_.waiting() == threads_.size() - 1;
    };
    while (!settled()) std::this_thread::sleep_for(1ms);
  }
  void let_go() {
    opened_ = true;
    gate_.set_value();
  }

  std::promise<void> gate_;
  std::shared_future<void> open_ = gate_.get_future().share();
  std::vector<std::vector<int>> committed_;
  std::vector<int> applied_;
  std::atomic<bool> committing_ = false;
  bool opened_ = false;
  GroupCommit queue_{{.weight_max = 10},
                     {[this](GroupCommit::Group group) -> Result<void> {
                        committed_.emplace_back();
                        for (const auto* entry : group) {
                          committed_.back().push_back(number_of(entry));
                        }
                        committing_ = true;
                        open_.wait();
                        return {};
                      },
                      [this](GroupCommit::Group group) -> Result<void> {
                        for (const auto* entry : group) applied_.push_back(number_of(entry));
                        return {};
                      }}};
  std::vector<std::future<Result<void>>> threads_;
};

TEST_F(GroupCommitTest, WhatWaitsIsCommittedTogetherAndInOrder) {
  start(1);
  start(2, 6);
  start(3, 6);
  start(4, 1);
  let_go();
  for (auto& thread : threads_) EXPECT_TRUE(thread.get().ok());
  EXPECT_EQ(committed_, (std::vector<std::vector<int>>{{1}, {2, 3}, {4}}));
  EXPECT_EQ(applied_, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(queue_.counts().commits, 3u);
  EXPECT_EQ(queue_.counts().weight, 14u);
}

TEST_F(GroupCommitTest, AStopTakesAQueuedRequestOutAndLeavesARunningOne) {
  std::stop_source first, second;
  start(1, 1, first.get_token());
  start(2, 1, second.get_token());
  start(3);
  first.request_stop();
  second.request_stop();
  const Result<void> canceled = threads_[1].get();  // before the first commit ends
  ASSERT_FALSE(canceled.ok());
  EXPECT_EQ(canceled.error().kind, ErrorKind::Canceled);
  let_go();
  EXPECT_TRUE(threads_[0].get().ok());
  EXPECT_TRUE(threads_[2].get().ok());
  EXPECT_EQ(committed_, (std::vector<std::vector<int>>{{1}, {3}}));
}

TEST_F(GroupCommitTest, AStopThatFiredBeforeCommitsNothing) {
  let_go();
  std::stop_source stop;
  stop.request_stop();
  start(1, 1, stop.get_token());
  EXPECT_FALSE(threads_[0].get().ok());
  start(2);
  EXPECT_TRUE(threads_[1].get().ok());
  EXPECT_EQ(committed_, (std::vector<std::vector<int>>{{2}}));
}

TEST_F(GroupCommitTest, ABodyRunsBetweenCommits) {
  start(1);
  start(2);
  auto body = std::async(std::launch::async, [this] {
    return queue_.exclusive([this]() -> Result<void> {
      committed_.push_back({-1});
      return {};
    });
  });
  while (queue_.waiting() < 2) std::this_thread::sleep_for(1ms);
  threads_.push_back(std::async(std::launch::async, [this] {
    Numbered entry;
    entry.number = 3;
    entry.weight = 1;
    return queue_.commit(entry);
  }));
  while (queue_.waiting() < 3) std::this_thread::sleep_for(1ms);
  let_go();
  EXPECT_TRUE(body.get().ok());
  for (auto& thread : threads_) EXPECT_TRUE(thread.get().ok());
  EXPECT_EQ(committed_, (std::vector<std::vector<int>>{{1}, {2}, {-1}, {3}}));
}

TEST(GroupCommit, LingersForCompanyUntilTheQueueWeighsEnough) {
  std::vector<size_t> groups;
  GroupCommit queue({.weight_max = 100, .linger = 10s, .linger_weight = 3},
                    {[&](GroupCommit::Group group) -> Result<void> {
                       groups.push_back(group.size());
                       return {};
                     },
                     {}});
  Numbered first;  // nothing was committed for long: at once
  first.weight = 1;
  ASSERT_TRUE(queue.commit(first).ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      Numbered entry;
      entry.weight = 1;
      EXPECT_TRUE(queue.commit(entry).ok());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(groups, (std::vector<size_t>{1, 3}));
}

TEST(GroupCommit, GoesOnWhenMemoryRunsOut) {
  int commits = 0;
  bool throws_in_commit = false, throws_in_apply = false;
  const auto step = [](bool throws) -> Result<void> {
    if (throws) throw std::bad_alloc();
    return {};
  };
  GroupCommit queue({.weight_max = 1}, {[&](GroupCommit::Group) {
                                          ++commits;
                                          return step(throws_in_commit);
                                        },
                                        [&](GroupCommit::Group) { return step(throws_in_apply); }});
  const auto write = [&] {
    Numbered one;
    const auto done = queue.commit(one);
    return done.ok() ? std::string("done") : done.error().message;
  };
  throws_in_commit = true;
  EXPECT_EQ(write(), "std::bad_alloc");
  throws_in_commit = false;
  throws_in_apply = true;
  EXPECT_EQ(write(), "std::bad_alloc");
  throws_in_apply = false;
  EXPECT_EQ(write(), "done");
  EXPECT_FALSE(queue.exclusive([]() -> Result<void> { throw std::bad_alloc(); }).ok());
  EXPECT_EQ(write(), "done");
  EXPECT_EQ(commits, 4);
}

}  // namespace
}  // namespace gnomon::base
