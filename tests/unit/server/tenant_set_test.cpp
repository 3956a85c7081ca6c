#include "src/server/tenant_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/storage/database.h"
#include "src/storage/metrics/memory_store.h"

namespace gnomon::server {
namespace {

using ::testing::HasSubstr;
using ContextPtr = std::shared_ptr<const http::TenantContext>;

// Stores that say when they are opened and closed, and fail the test when one is open twice.
class Tenants : public ::testing::Test {
 protected:
  class WatchedStore : public storage::MemoryStore {
   public:
    WatchedStore(Tenants& test, std::string name) : test_(test), name_(std::move(name)) {
      const std::lock_guard lock(test_.mutex_);
      EXPECT_TRUE(test_.open_.insert(name_).second) << name_ << " is open twice";
      ++test_.times_opened_[name_];
    }
    ~WatchedStore() override {
      const std::lock_guard lock(test_.mutex_);
      test_.open_.erase(name_);
    }

   private:
    Tenants& test_;
    std::string name_;
  };

  class OneStore : public storage::Database {
   public:
    explicit OneStore(std::unique_ptr<storage::MetricStore> store) : store_(std::move(store)) {}
    storage::MetricStore& metrics() override { return *store_; }

   private:
    std::unique_ptr<storage::MetricStore> store_;
  };

  std::unique_ptr<Tenant> make(std::unique_ptr<storage::MetricStore> store) {
    return std::make_unique<Tenant>(std::make_unique<OneStore>(std::move(store)), workers_,
                                    engine::EngineOptions{}, server_);
  }
  std::unique_ptr<TenantSet> make_set(size_t open_max, bool closable = true) {
    TenantSet::Source source;
    source.open = [this](const std::string& name) -> Result<std::unique_ptr<Tenant>> {
      before_open_(name);
      if (broken_) return Error{ErrorKind::BadData, "disk on fire"};
      return make(std::make_unique<WatchedStore>(*this, name));
    };
    source.may_exist = [this](const std::string& name) { return !unknown_.contains(name); };
    source.open_max = open_max;
    source.closable = closable;
    return std::make_unique<TenantSet>(std::move(source),
                                       make(std::make_unique<storage::MemoryStore>()));
  }
  static ContextPtr find(TenantSet& set, const std::string& name) {
    auto found = set.find(name, true, {});
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() ? *found : nullptr;
  }
  std::set<std::string> open() {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  int times_opened(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return times_opened_[name];
  }

  base::WorkerPool workers_{1};
  http::ServerContext server_;
  std::function<void(const std::string&)> before_open_ = [](const std::string&) {};
  std::atomic<bool> broken_ = false;
  std::set<std::string> unknown_;
  std::mutex mutex_;
  std::set<std::string> open_;               // guarded by mutex_
  std::map<std::string, int> times_opened_;  // guarded by mutex_
};

using Names = std::set<std::string>;

TEST_F(Tenants, HaveAStoreEachThatStaysOpen) {
  const auto set = make_set(10);
  const auto* store = &find(*set, "a")->store;
  EXPECT_NE(store, &find(*set, "b")->store);
  EXPECT_EQ(store, &find(*set, "a")->store);
  EXPECT_EQ(times_opened("a"), 1);
  EXPECT_EQ(set->counts().open, 2u);
}

TEST_F(Tenants, TheOneNotUsedForLongestMakesRoom) {
  const auto set = make_set(2);
  find(*set, "a");
  find(*set, "b");
  find(*set, "a");
  find(*set, "c");
  EXPECT_EQ(open(), (Names{"a", "c"}));
  EXPECT_EQ(set->counts().closed, 1u);
}

TEST_F(Tenants, AreNeverClosedWhileInUse) {
  const auto set = make_set(1);
  auto a = find(*set, "a");
  auto b = find(*set, "b");
  EXPECT_EQ(open(), (Names{"a", "b"})) << "more than allowed, for all are in use";
  a.reset();
  EXPECT_EQ(open(), Names{"b"});
  b.reset();
  EXPECT_EQ(open(), Names{"b"});
}

TEST_F(Tenants, WhatClosingWouldLoseIsKept) {
  const auto set = make_set(2, false);
  find(*set, "a");
  find(*set, "b");
  const auto third = set->find("c", true, {});
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(open(), (Names{"a", "b"}));
}

TEST_F(Tenants, ReadingCreatesNothing) {
  unknown_ = {"a"};
  const auto set = make_set(2);
  const auto empty = set->find("a", false, {});
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE((*empty)->store.catalog().series({}, {})->empty());
  EXPECT_EQ(open(), Names{});
  find(*set, "a");
  EXPECT_EQ(&(*set->find("a", false, {}))->store, &find(*set, "a")->store);
}

TEST_F(Tenants, AnErrorOfOpeningIsTriedAgain) {
  const auto set = make_set(2);
  broken_ = true;
  const auto failed = set->find("a", true, {});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::Unavailable) << "not the fault of the request";
  EXPECT_THAT(failed.error().message, HasSubstr("tenant \"a\": disk on fire"));
  EXPECT_EQ(set->counts().open, 0u);
  broken_ = false;
  EXPECT_NE(find(*set, "a"), nullptr);
}

TEST_F(Tenants, ThrowingIsAnErrorToo) {
  const auto set = make_set(2);
  before_open_ = [](const std::string&) { throw std::bad_alloc(); };
  EXPECT_FALSE(set->find("a", true, {}).ok());
  before_open_ = [](const std::string&) {};
  EXPECT_TRUE(set->find("a", true, {}).ok());
}

TEST_F(Tenants, OpenedByTwoAtOnceAreOpenedOnceAndKeepNoOtherWaiting) {
  const auto set = make_set(10);
  std::latch opening(1), may_go_on(1);
  before_open_ = [&](const std::string& name) {
    if (name != "slow") return;
    opening.count_down();
    may_go_on.wait();
  };
  ContextPtr first, second;
  std::jthread one([&] { first = find(*set, "slow"); });
  opening.wait();
  std::jthread two([&] { second = find(*set, "slow"); });
  EXPECT_NE(find(*set, "quick"), nullptr);
  std::stop_source gone;
  gone.request_stop();
  EXPECT_EQ(set->find("slow", true, gone.get_token()).error().kind, ErrorKind::Canceled);
  may_go_on.count_down();
  one.join();
  two.join();
  EXPECT_EQ(&first->store, &second->store);
  EXPECT_EQ(times_opened("slow"), 1);
}

TEST_F(Tenants, ThoseWhoWaitShareTheError) {
  const auto set = make_set(10);
  std::atomic<int> attempts = 0;
  before_open_ = [&](const std::string&) {
    ++attempts;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  };
  broken_ = true;
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { failures += !set->find("a", true, {}).ok(); });
    }
  }
  EXPECT_EQ(failures, 8);
  EXPECT_LT(attempts, 8);
}

// A context that was given out may be used: its store is open, and only once (WatchedStore looks).
TEST_F(Tenants, StayApartUnderLoad) {
  const auto set = make_set(3);
  constexpr int kThreads = 8, kTurns = 2'000, kNames = 8;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        std::minstd_rand random(static_cast<unsigned>(thread + 1));
        for (int turn = 0; turn < kTurns; ++turn) {
          const std::string name(1, static_cast<char>('a' + random() % kNames));
          const ContextPtr context = find(*set, name);
          EXPECT_TRUE(open().contains(name));
          EXPECT_TRUE(context->store.catalog().series({}, {}).ok());
        }
      });
    }
  }
  EXPECT_LE(open().size(), 3u);
  const auto counts = set->counts();
  EXPECT_EQ(counts.open, open().size());
  EXPECT_EQ(counts.opened, counts.closed + counts.open);
  EXPECT_GT(counts.closed, 0u);
}

}  // namespace
}  // namespace gnomon::server
