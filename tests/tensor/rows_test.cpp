#include "sluice/tensor/rows.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

template <class T>
class Rows : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Rows, Types);

template <class T>
std::vector<T> counted(size_t count, T first) {
  std::vector<T> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = first + static_cast<T>(i) / 4;
  return numbers;
}

TYPED_TEST(Rows, MultipliesAndAdds) {
  using T = TypeParam;
  constexpr int rows = 3, stride = 40;
  for (int64_t columns : {1, 7, 16, 33, stride})
    for (ptrdiff_t y_stride : {0, stride}) {
      const auto x = counted<T>(rows * stride, 1), y = counted<T>(rows * stride, -3);
      const auto before = counted<T>(rows * stride, 9);
      std::vector<T> product = before, added = before, sum = before;
      multiply_rows({x.data(), stride, y.data(), y_stride, product.data(), stride, rows, columns});
      multiply_rows(
          {x.data(), stride, y.data(), y_stride, added.data(), stride, rows, columns, true});
      add_rows({x.data(), stride, y.data(), y_stride, sum.data(), stride, rows, columns});
      for (int r = 0; r < rows; ++r)
        for (int i = 0; i < stride; ++i) {
          const int at = r * stride + i;
          const T other = y[r * y_stride + i];
          const bool inside = i < columns;
          EXPECT_EQ(product[at], inside ? x[at] * other : before[at]);
          EXPECT_EQ(added[at], inside ? before[at] + x[at] * other : before[at]);
          EXPECT_EQ(sum[at], inside ? x[at] + other : before[at]);
        }
    }
}

TYPED_TEST(Rows, PutsWhereTheyBelong) {
  using T = TypeParam;
  constexpr int rows = 3, stride = 40;
  const auto x = counted<T>(rows * stride, 1);
  for (const bool past_caches : {false, true})
    for (const bool zeros : {false, true})
      for (const int64_t columns : {1, 16, 37, stride})
        for (const ptrdiff_t shift : {0, 1}) {  // of which one is not aligned
          std::vector<T> to(4 * 64 + 1, T{-1}), wanted = to;
          const ptrdiff_t at[] = {128 + shift, shift, 64 + shift};
          put_rows({zeros ? nullptr : x.data(), stride, to.data(), at, rows, columns, past_caches});
          fence_rows();
          for (int r = 0; r < rows; ++r)
            for (int64_t i = 0; i < columns; ++i)
              wanted[at[r] + i] = zeros ? T{0} : x[r * stride + i];
          EXPECT_EQ(to, wanted);
        }
}

TEST(RowsTest, LargeTensorsDoNotStayInTheCaches) {
  EXPECT_TRUE(stays_in_caches(int64_t{1} << 20));
  EXPECT_FALSE(stays_in_caches(int64_t{1} << 30));
}

}  // namespace
}  // namespace sluice
