#include "adapters/blocks/metrics/commit_queue.h"

#include <gtest/gtest.h>

#include <new>

namespace gnomon::blocks {
namespace {

TEST(CommitQueue, GoesOnWhenMemoryRunsOut) {
  int commits = 0;
  bool throws_in_commit = false, throws_in_apply = false;
  const auto step = [](bool throws) -> Result<void> {
    if (throws) throw std::bad_alloc();
    return {};
  };
  CommitQueue queue({[&](CommitQueue::Group) {
                       ++commits;
                       return step(throws_in_commit);
                     },
                     [&](CommitQueue::Group) { return step(throws_in_apply); }});
  const auto write = [&] {
    Write one;
    const auto done = queue.write(one);
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
}  // namespace gnomon::blocks
