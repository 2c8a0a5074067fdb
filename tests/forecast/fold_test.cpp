#include "sluice/forecast/fold.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Fold, CoversTheLastHalfWithoutOverlap) {
  const std::vector<Fold> folds = expanding_folds(100, 4, 1, 10);
  ASSERT_EQ(folds.size(), 4u);
  EXPECT_EQ(folds.front().train_rows, 50);
  EXPECT_EQ(folds.back().validation_end, 100);
  for (size_t i = 1; i < folds.size(); ++i)
    EXPECT_EQ(folds[i].train_rows, folds[i - 1].validation_end);
}

TEST(Fold, FewerWhereTheHorizonNeedsRoom) {
  EXPECT_EQ(expanding_folds(100, 4, 20, 10).size(), 2u);
  EXPECT_TRUE(expanding_folds(20, 4, 20, 10).empty());
  for (const Fold& fold : expanding_folds(100, 4, 12, 60))
    EXPECT_GE(fold.validation_end - fold.train_rows, 12);
}

TEST(Fold, KeepsTheLeastRowsBeforeTheFirst) {
  EXPECT_EQ(expanding_folds(100, 4, 1, 70).front().train_rows, 70);
  EXPECT_TRUE(expanding_folds(50, 4, 1, 70).empty());
}

}  // namespace
}  // namespace sluice
