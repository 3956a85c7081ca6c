#include "src/model/refusals.h"

#include <gtest/gtest.h>

#include "src/base/limits.h"

namespace gnomon::model {
namespace {

TEST(Refusals, AreCountedByReasonAndTheFirstAreNamed) {
  Refusals refusals;
  EXPECT_TRUE(refusals.empty());
  for (size_t i = 0; i < 2 * base::kRefusalsNamedMax; ++i) {
    refusals.add(RefusalReason::DuplicateValue, 3, "duplicate", std::to_string(i));
  }
  refusals.add(RefusalReason::TooOld, 2);
  EXPECT_EQ(refusals.count(RefusalReason::DuplicateValue), 6 * base::kRefusalsNamedMax);
  EXPECT_EQ(refusals.count(RefusalReason::TooOld), 2u);
  EXPECT_EQ(refusals.total(), 6 * base::kRefusalsNamedMax + 2);
  ASSERT_EQ(refusals.named().size(), base::kRefusalsNamedMax);
  EXPECT_FALSE(refusals.names_more());
  EXPECT_EQ(to_string(refusals.named()[1]), "duplicate: 1");
}

TEST(Refusals, AFaultOfNoPartIsOneToo) {
  Refusals refusals;
  refusals.add(RefusalReason::Malformed, 0, "data does not end with # EOF");
  EXPECT_EQ(refusals.total(), 0u);
  EXPECT_FALSE(refusals.empty());
  EXPECT_EQ(to_string(refusals.named()[0]), "data does not end with # EOF");
}

TEST(Refusals, ThoseOfSeveralBatchesAddUp) {
  Refusals all, more;
  for (size_t i = 0; i + 1 < base::kRefusalsNamedMax; ++i) {
    all.add(RefusalReason::TooOld, 1, "old");
    more.add(RefusalReason::TooFarInFuture, 2, "late");
  }
  all.add(more);
  EXPECT_EQ(all.total(), 3 * (base::kRefusalsNamedMax - 1));
  ASSERT_EQ(all.named().size(), base::kRefusalsNamedMax);
  EXPECT_EQ(all.named().back().reason, RefusalReason::TooFarInFuture);
}

}  // namespace
}  // namespace gnomon::model
