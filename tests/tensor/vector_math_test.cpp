// Sums, greatest numbers and transposition on vectors: the bits of the plain loops.
#include "sluice/tensor/vector_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/transpose.h"

namespace sluice {
namespace {

template <class T>
std::vector<T> drawn(int64_t count, uint64_t seed) {
  std::vector<T> numbers(static_cast<size_t>(count));
  Generator generator(seed);
  generator.uniform(std::span<T>(numbers), T(-1), T(1));
  return numbers;
}

template <class T>
class VectorMath : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(VectorMath, Types);

TYPED_TEST(VectorMath, SumsAreThoseOfTheChains) {
  for (int64_t count = 0; count < 100; ++count) {
    const auto x = drawn<TypeParam>(count, 1), y = drawn<TypeParam>(count, 2);
    const auto at = [](const auto& v, int64_t i) { return static_cast<double>(v[i]); };
    EXPECT_EQ(vector_sum(x.data(), count),
              sum_lanes(0, count, [&](int64_t i) { return at(x, i); }));
    EXPECT_EQ(vector_dot(x.data(), y.data(), count),
              sum_lanes(0, count, [&](int64_t i) { return at(x, i) * at(y, i); }));
  }
}

TYPED_TEST(VectorMath, AddsRowsOneAfterTheOther) {
  constexpr int64_t rows = 19, stride = 45;
  const auto x = drawn<TypeParam>(rows * stride, 1);
  for (int64_t count = 0; count <= stride; ++count) {
    std::vector<double> sums = drawn<double>(count, 3), wanted = sums;
    vector_add_to(sums.data(), x.data(), rows, stride, count);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < count; ++i) wanted[i] += static_cast<double>(x[r * stride + i]);
    EXPECT_EQ(sums, wanted);
  }
}

TYPED_TEST(VectorMath, ScalesAndSlopes) {
  using T = TypeParam;
  for (int64_t count = 0; count < 70; ++count) {
    const auto x = drawn<T>(count, 1), y = drawn<T>(count, 2);
    std::vector<T> scaled(x.size()), slopes = x, exps(x.size()), plain(x.size()), thirds = x;
    vector_scale(x.data(), scaled.data(), count, T(0.3));
    vector_slope(y.data(), slopes.data(), slopes.data(), count, T(0.1), T(0.3));
    vector_exp_below(x.data(), exps.data(), count, T(1), T(0.25));
    for (T& value : thirds) value = (value - 1) * T(0.25);
    vector_exp_below(thirds.data(), plain.data(), count, T(0));
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(scaled[i], x[i] * T(0.3));
      EXPECT_EQ(slopes[i], y[i] * T(0.3) * (x[i] - T(0.1)));
    }
    EXPECT_EQ(exps, plain);
  }
}

TYPED_TEST(VectorMath, TheLargestAnywhere) {
  constexpr TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  for (int64_t count = 1; count < 100; ++count) {
    std::vector<TypeParam> x = drawn<TypeParam>(count, 1);
    EXPECT_EQ(vector_most(x.data(), count), *std::max_element(x.begin(), x.end())) << count;
    for (int64_t i = 0; i < count; ++i) {
      const TypeParam before = x[i];
      x[i] = 2;
      EXPECT_EQ(vector_most(x.data(), count), 2) << i << " of " << count;
      x[i] = nan;
      EXPECT_TRUE(std::isnan(vector_most(x.data(), count))) << i << " of " << count;
      x[i] = before;
    }
  }
}

TYPED_TEST(VectorMath, RowsBecomeColumns) {
  for (int64_t rows : {1, 3, 4, 7, 16, 21, 37})
    for (int64_t columns : {1, 2, 4, 15, 16, 18, 33}) {
      const int64_t stride = columns + 3, to_stride = rows + 2;
      const auto from = drawn<TypeParam>(rows * stride, 1);
      std::vector<TypeParam> to(columns * to_stride, 7), wanted = to;
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) wanted[c * to_stride + r] = from[r * stride + c];
      transpose_block(from.data(), stride, rows, columns, to.data(), to_stride);
      EXPECT_EQ(to, wanted) << rows << " by " << columns;
    }
}

}  // namespace
}  // namespace sluice
