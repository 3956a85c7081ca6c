// Random queries over random samples: every way to ask says the same.

#include <gtest/gtest.h>

#include "tests/differential/session.h"

namespace gnomon::differential {
namespace {

TEST(Differential, StoresThreadsAndTimesAgree) {
  Tally tally;
  for (uint64_t seed = 1; seed <= 20 && tally.difference.empty(); ++seed) {
    run_world(seed, 60, tally);
  }
  EXPECT_EQ(tally.difference, "");
  // The generator still finds something to compare.
  EXPECT_GT(tally.answers, tally.queries * 6 / 10);
  EXPECT_GT(tally.filled, tally.queries * 4 / 10);
}

}  // namespace
}  // namespace gnomon::differential
