#include "sluice/tensor/random_mask.h"

#include <gtest/gtest.h>
#include <cmath>
#include <vector>

namespace sluice {
namespace {

/// The numbers one by one, as the header defines them.
template <class T>
std::vector<T> expected_masks(const MaskDraw& draw, int bits, T kept, ptrdiff_t stride) {
  const int each = 32 / bits;  // numbers of a word
  std::vector<T> out(static_cast<size_t>(draw.rows * stride), T{-1});
  for (int r = 0; r < draw.rows; ++r)
    for (int64_t i = 0; i < draw.count; ++i) {
      const int64_t number = draw.first + i;
      PhiloxCounter counter = draw.counter;
      counter[0] += static_cast<uint32_t>(number / each / 4);
      PhiloxKey key = draw.key;
      key[1] += draw.row_numbers ? static_cast<uint32_t>(draw.row_numbers[r])
                                 : draw.first_row + static_cast<uint32_t>(r);
      const uint64_t word = philox(counter, key)[static_cast<size_t>(number / each % 4)];
      const uint64_t own = word >> (number % each * bits) & ((uint64_t{1} << bits) - 1);
      const auto limit = static_cast<uint64_t>(std::llround(std::ldexp(draw.rate, bits)));
      out[static_cast<size_t>(r * stride + i)] = own < limit ? T{0} : kept;
    }
  return out;
}

template <class T>
class RandomMask : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(RandomMask, Numbers);

// Rows shorter and longer than a vector of blocks and than the words kept at a time, whole vectors
// and not; counters and keys at the end of their 32 bits.
TYPED_TEST(RandomMask, IsTheGeneratorsWords) {
  using T = TypeParam;
  const int numbers[] = {7, 0, 1 << 30, 3, 3, 12, 1, 900, 8, 5, 2};
  for (const int64_t count : {1, 4, 6, 16, 64, 100, 1031})
    for (const int rows : {1, 2, 11})
      for (const int* named : {static_cast<const int*>(nullptr), numbers}) {
        MaskDraw draw{
            0.3, {0xfffffffe, 0xfffffffb}, {0xfffffffd, 5, 6, 0xffffffff}, count % 7, count};
        draw.rows = rows;
        draw.first_row = 0xfffff;
        draw.row_numbers = named;
        const ptrdiff_t stride = count + 5;
        std::vector<T> out(static_cast<size_t>(rows * stride), T{-1});
        draw_masks(draw, T{1.5}, out.data(), stride);
        EXPECT_EQ(out, expected_masks(draw, 16, T{1.5}, stride))
            << count << " numbers, rows " << rows;
      }
}

TYPED_TEST(RandomMask, DropsNoneAllOrWhatTheRateSays) {
  using T = TypeParam;
  for (const double rate : {0.0, 1e-6, 0.5, 0.999999, 1.0}) {
    const MaskDraw draw = {rate, {1, 2}, {3, 4, 5, 6}, 0, 77};
    std::vector<T> out(77, T{-1});
    draw_masks(draw, T{2}, out.data(), 77);
    EXPECT_EQ(out, expected_masks(draw, 16, T{2}, 77)) << rate;
  }
}

TYPED_TEST(RandomMask, MultipliesWhatItKeeps) {
  using T = TypeParam;
  for (const double rate : {0.0, 0.25, 0.9999999999})
    for (const int64_t first : {0, 5}) {
      const MaskDraw draw = {rate, {1, 2}, {0xfffffff0, 4, 5, 6}, first, 1234};
      std::vector<T> in, out(1234);
      auto expected = expected_masks(draw, 32, static_cast<T>(1 / (1 - rate)), 1234);
      for (size_t i = 0; i < expected.size(); ++i) {
        in.push_back(static_cast<T>(std::sin(static_cast<double>(i))));
        expected[i] *= in[i];
      }
      drop(draw, in.data(), out.data());
      for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(out[i], expected[i]) << i;
    }
}

}  // namespace
}  // namespace sluice
