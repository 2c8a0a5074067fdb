#include "sluice/base/error.h"

#include <gtest/gtest.h>

#include "sluice/base/shape.h"

namespace sluice {
namespace {

TEST(ErrorText, SaysWhereWhatAndWhatToDo) {
  try {
    fail_data("data.ragged_row", "sales.csv:17", "the row has 3 fields, the header 4", "add one");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ExitCode::data);
    EXPECT_STREQ(error.what(), "sales.csv:17: the row has 3 fields, the header 4; add one");
  }
}

TEST(ErrorText, SuggestsOnlyWhatIsNear) {
  EXPECT_EQ(suggest("learning_rat", {"epochs", "learning_rate"}),
            "did you mean \"learning_rate\"?");
  EXPECT_EQ(suggest("zzz", {"epochs", "learning_rate"}), "");
  EXPECT_EQ(suggest("x", {}), "");
}

TEST(ShapeValue, CountsComparesAndPrints) {
  Shape shape{3, 4, 5};
  EXPECT_EQ(shape.numel(), 60);
  EXPECT_EQ(shape[-1], 5);
  EXPECT_EQ(shape.to_string(), "[3,4,5]");
  EXPECT_TRUE(shape == (Shape{3, 4, 5}));
  EXPECT_FALSE(shape == (Shape{3, 4}));
  shape.set(-2, 7);
  EXPECT_EQ(shape.numel(), 105);
  EXPECT_EQ(Shape().numel(), 1);
  EXPECT_THROW((Shape{1, 2, 3, 4, 5, 6, 7}), Error);
}

}  // namespace
}  // namespace sluice
