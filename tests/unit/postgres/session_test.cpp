// The session that all open schemas of a process share.
#include "adapters/postgres/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

using namespace std::chrono_literals;
using postgres::Session;

TEST(PostgresSession, OthersOpenAndCloseWhileOneFollows) {
  const PostgresSchema schema;
  auto store = schema.open();
  append_every(*store, "m", 0, 1000, 1000);
  const auto session = Session::get(*postgres::Address::parse(schema.url()));
  std::atomic<int> calls = 0;
  std::promise<void> entered;
  std::promise<void> proceed;
  const auto slow = std::make_shared<Session::Member>();
  slow->schema = schema.name();
  slow->follow = [&](uint64_t seq) {
    EXPECT_GT(seq, 0u);
    if (calls++ > 0) return;
    entered.set_value();
    proceed.get_future().wait();
  };
  session->join(slow);
  ASSERT_EQ(entered.get_future().wait_for(10s), std::future_status::ready);
  auto others = std::async(std::launch::async, [&] {
    store.reset();
    const PostgresSchema another;
    append_every(*another.open(), "m", 0, 1000, 1000);
  });
  EXPECT_EQ(others.wait_for(5s), std::future_status::ready);
  // Leaving waits for the call that is under way, and is the end of calls.
  auto leaves = std::async(std::launch::async, [&] { session->leave(slow); });
  EXPECT_EQ(leaves.wait_for(100ms), std::future_status::timeout);
  proceed.set_value();
  leaves.get();
  others.get();
  const int last = calls;
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(calls, last);
}

}  // namespace
}  // namespace gnomon
