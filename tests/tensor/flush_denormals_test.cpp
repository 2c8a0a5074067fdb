#include "sluice/tensor/flush_denormals.h"

#include <gtest/gtest.h>

#include <limits>

namespace sluice {
namespace {

float half_of(float number) {
  volatile float given = number;  // computed when the program runs, not when it is compiled
  return given * 0.5f;
}

TEST(FlushDenormals, WhileItLivesOnly) {
  constexpr float least = std::numeric_limits<float>::min();
  EXPECT_GT(half_of(least), 0);
  {
    const FlushDenormals flush;
    EXPECT_EQ(half_of(least), 0);
    EXPECT_EQ(half_of(4 * least), 2 * least);
    {
      const FlushDenormals again;
      EXPECT_EQ(half_of(least), 0);
    }
    EXPECT_EQ(half_of(least), 0);
  }
  EXPECT_GT(half_of(least), 0);
}

}  // namespace
}  // namespace sluice
