// Convolution and pooling as operations: where a window stands, and what may not be asked for.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/autograd/convolution.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/autograd/pooling.h"
#include "sluice/base/parallel.h"
#include "sluice/base/random.h"
#include "support/failure.h"

namespace sluice {
namespace {

Variable random_leaf(const Shape& shape, uint64_t seed, DType dtype = DType::f64) {
  Tensor value(shape, dtype);
  Generator generator(seed);
  dispatch(dtype, [&](auto zero) { generator.uniform(value.values<decltype(zero)>(), -1, 1); });
  return Variable(value, true);
}

using test::failure_id;

// The definition, number by number, for images and groups.
double convolved(const Variable& x, const Variable& w, const Shape& at, const WindowAxis& rows,
                 const WindowAxis& columns, int64_t groups) {
  const Shape &in = x.shape(), &k = w.shape();
  const int64_t o = at[3], first = o / (k[0] / groups) * k[1];
  double total = 0;
  for (int64_t c = 0; c < k[1]; ++c)
    for (int64_t p = 0; p < k[2]; ++p)
      for (int64_t q = 0; q < k[3]; ++q) {
        const int64_t r = at[1] * rows.stride - rows.before + p * rows.dilation;
        const int64_t s = at[2] * columns.stride - columns.before + q * columns.dilation;
        if (r < 0 || r >= in[1] || s < 0 || s >= in[2]) continue;
        total += x.value().item(((at[0] * in[1] + r) * in[2] + s) * in[3] + first + c) *
                 w.value().item(((o * k[1] + c) * k[2] + p) * k[3] + q);
      }
  return total;
}

TEST(Convolution, ImagesAreTheDefinition) {
  const WindowAxis rows{.stride = 2, .before = 1, .after = 0};
  const WindowAxis columns{.dilation = 2, .before = 1, .after = 2};
  const Variable x = random_leaf({2, 5, 6, 4}, 1), w = random_leaf({6, 2, 3, 2}, 2);
  const Variable y = conv2d(x, w, {}, rows, columns, 2);
  ASSERT_EQ(y.shape().to_string(), "[2,2,7,6]");
  int64_t i = 0;
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t r = 0; r < 2; ++r)
      for (int64_t c = 0; c < 7; ++c)
        for (int64_t o = 0; o < 6; ++o)
          EXPECT_NEAR(y.value().item(i++), convolved(x, w, {b, r, c, o}, rows, columns, 2), 1e-14);
}

TEST(Convolution, GradientsOfImages) {
  const Variable x = random_leaf({2, 4, 5, 4}, 1), w = random_leaf({6, 2, 2, 3}, 2),
                 bias = random_leaf({6}, 3);
  const std::vector<Variable> leaves = {x, w, bias};
  const GradientCheck check = check_gradients(
      [&] { return conv2d(x, w, bias, {.stride = 2, .before = 1}, {.before = 1, .after = 1}, 2); },
      leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where;
}

// Long enough for several blocks and every thread; float, where the order of a sum shows.
TEST(Convolution, SameBitsForAnyThreads) {
  std::vector<std::vector<float>> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    const Variable x = random_leaf({37, 90, 6}, 1, DType::f32),
                   w = random_leaf({40, 3, 5}, 2, DType::f32),
                   bias = random_leaf({40}, 3, DType::f32);
    const Variable y = conv1d(x, w, bias, {.dilation = 2, .before = 4, .after = 4}, 2);
    y.backward(random_leaf(y.shape(), 4, DType::f32).value());
    std::vector<std::vector<float>> bits;
    for (const Tensor& t : {y.value(), x.grad(), w.grad(), bias.grad()})
      bits.emplace_back(t.values<float>().begin(), t.values<float>().end());
    if (first.empty()) first = bits;
    EXPECT_EQ(bits, first) << threads << " threads";
  }
  set_num_threads(0);
}

// A row's numbers do not depend on the rows beside it.
TEST(Convolution, SameBitsForAnyBatch) {
  const Variable x = random_leaf({300, 20, 3}, 1, DType::f32),
                 w = random_leaf({17, 3, 3}, 2, DType::f32);
  const Tensor all = conv1d(x, w, {}, {}).value();
  const Tensor last = Tensor::from(x.value().values<float>().subspan(299 * 60, 60), {1, 20, 3});
  const Tensor alone = conv1d(last, w, {}, {}).value();
  for (int64_t i = 0; i < alone.numel(); ++i)
    ASSERT_EQ(alone.item(i), all.item(299 * alone.numel() + i));
}

TEST(Convolution, RefusesWhatDoesNotFit) {
  const Variable x = random_leaf({2, 5, 4}, 1);
  EXPECT_EQ(failure_id([&] { conv1d(x, random_leaf({3, 3, 2}, 2), {}, {}); }),
            "autograd.convolution");
  EXPECT_EQ(failure_id([&] { conv1d(x, random_leaf({3, 2, 2}, 2), {}, {}, 2); }),
            "autograd.convolution")
      << "three outputs in two groups";
  EXPECT_EQ(failure_id([&] { conv1d(x, random_leaf({3, 4, 6}, 2), {}, {}); }),
            "autograd.convolution")
      << "a kernel longer than the sequence";
  EXPECT_EQ(failure_id([&] { conv1d(x, random_leaf({3, 4}, 2), {}, {}); }), "autograd.convolution");
}

TEST(Pooling, GradientsAndBits) {
  for (const WindowAxis& time : {WindowAxis{.kernel = 3, .stride = 2, .before = 1, .after = 1},
                                 WindowAxis{.kernel = 2, .stride = 1, .dilation = 3}}) {
    const Variable x = random_leaf({2, 8, 3}, 5);
    const std::vector<Variable> leaves = {x};
    EXPECT_LE(check_gradients([&] { return max_pool1d(x, time); }, leaves).deviation, 1e-7);
    EXPECT_LE(check_gradients([&] { return avg_pool1d(x, time, true, 1); }, leaves).deviation,
              1e-7);
    EXPECT_LE(check_gradients([&] { return avg_pool1d(x, time, false, 1); }, leaves).deviation,
              1e-7);
  }
  std::vector<float> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    const Variable x = random_leaf({31, 300, 9}, 6, DType::f32);
    const Variable y =
        avg_pool1d(max_pool1d(x, {.kernel = 3, .stride = 1}), {.kernel = 7, .stride = 3}, false, 0);
    y.backward(random_leaf(y.shape(), 7, DType::f32).value());
    std::vector<float> bits(y.value().values<float>().begin(), y.value().values<float>().end());
    bits.insert(bits.end(), x.grad().values<float>().begin(), x.grad().values<float>().end());
    if (first.empty()) first = bits;
    EXPECT_EQ(bits, first) << threads << " threads";
  }
  set_num_threads(0);
}

TEST(Pooling, NotANumberIsSeen) {
  const std::vector<float> x = {1, NAN, 2, 3};
  const Tensor y =
      max_pool1d(Tensor::from(std::span<const float>(x), {1, 4, 1}), {.kernel = 2, .stride = 2})
          .value();
  EXPECT_TRUE(std::isnan(y.item(0)));
  EXPECT_EQ(y.item(1), 3);
}

TEST(Pooling, RefusesWindowsThatSeeNothing) {
  const Variable x = random_leaf({2, 5, 4}, 1);
  EXPECT_EQ(failure_id([&] { max_pool1d(x, {.kernel = 6}); }), "autograd.pooling");
  EXPECT_EQ(failure_id([&] { max_pool1d(x, {.kernel = 2, .before = 2}); }), "autograd.pooling");
  EXPECT_EQ(failure_id([&] { avg_pool1d(random_leaf({4, 5}, 1), {.kernel = 2}, true, 0); }),
            "autograd.pooling");
}

}  // namespace
}  // namespace sluice
