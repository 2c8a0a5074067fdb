// Convolution and pooling as operations: where a window stands, and what may not be asked for.
#include <gtest/gtest.h>

#include <algorithm>
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

struct ConvolutionCase {
  const char* name;
  Shape x, weight;  ///< [B,H,W,C], [O,C/groups,KH,KW]
  WindowAxis rows, columns;
  int groups = 1;
};

// The definition, number by number: calls meet(place in y, in x, in the weight) for every product.
template <class Meet>
void for_products(const ConvolutionCase& c, const Shape& y, const Meet& meet) {
  const Shape &in = c.x, &k = c.weight;
  int64_t at = 0;
  for (int64_t b = 0; b < y[0]; ++b)
    for (int64_t i = 0; i < y[1]; ++i)
      for (int64_t j = 0; j < y[2]; ++j)
        for (int64_t o = 0; o < y[3]; ++o, ++at)
          for (int64_t q = 0; q < k[1] * k[2] * k[3]; ++q) {
            const int64_t channel = q / (k[2] * k[3]) + o / (k[0] / c.groups) * k[1];
            const int64_t r = i * c.rows.stride - c.rows.before + q / k[3] % k[2] * c.rows.dilation;
            const int64_t s =
                j * c.columns.stride - c.columns.before + q % k[3] * c.columns.dilation;
            if (r < 0 || r >= in[1] || s < 0 || s >= in[2]) continue;
            meet(at, ((b * in[1] + r) * in[2] + s) * in[3] + channel, o * k[1] * k[2] * k[3] + q);
          }
}

std::vector<ConvolutionCase> convolution_cases() {
  return {
      {"images",
       {2, 5, 6, 4},
       {6, 2, 3, 2},
       {.stride = 2, .before = 1},
       {.dilation = 2, .before = 1, .after = 2},
       2},
      {"images of many channels",
       {3, 5, 6, 33},
       {34, 33, 2, 3},
       {.before = 1},
       {.before = 1, .after = 1}},
      {"a short line", {5, 1, 14, 8}, {20, 8, 1, 3}, {}, {.before = 1, .after = 1}},
      {"a line in groups",
       {2, 1, 40, 6},
       {8, 3, 1, 3},
       {},
       {.dilation = 2, .before = 2, .after = 2},
       2},
      {"a line of many channels", {3, 1, 50, 64}, {70, 64, 1, 3}, {}, {.before = 1, .after = 1}},
      {"causal, many channels in groups",
       {2, 1, 45, 64},
       {64, 32, 1, 3},
       {},
       {.dilation = 3, .before = 6},
       2},
      {"a line with a stride", {2, 1, 90, 33}, {5, 33, 1, 4}, {}, {.stride = 2, .after = 1}},
      {"padded beyond the kernel", {2, 1, 33, 32}, {3, 32, 1, 2}, {}, {.before = 5, .after = 3}},
      {"a line in several pieces", {2, 1, 1300, 3}, {4, 3, 1, 5}, {}, {.before = 2, .after = 2}},
      {"an image without rows", {1, 0, 40, 3}, {4, 3, 1, 3}, {.after = 1}, {}},
      {"a window as long as the line", {2, 1, 40, 32}, {5, 32, 1, 40}, {}, {}},
      {"a line shared by threads", {1, 1, 1300, 32}, {40, 32, 1, 2}, {}, {.dilation = 4}},
  };
}

// Two runs backward, so that the second adds to the first.
TEST(Convolution, IsTheDefinitionAndSoAreItsGradients) {
  for (const ConvolutionCase& c : convolution_cases()) {
    const Variable x = random_leaf(c.x, 1), w = random_leaf(c.weight, 2);
    for (int run = 0; run < 2; ++run) {
      const Variable y = conv2d(x, w, {}, c.rows, c.columns, c.groups);
      const Tensor seed = random_leaf(y.shape(), 3).value();
      y.backward(seed);
      std::vector<double> sums(y.value().numel()), dx(x.value().numel()), dw(w.value().numel());
      for_products(c, y.shape(), [&](int64_t at, int64_t from, int64_t weight) {
        sums[at] += x.value().item(from) * w.value().item(weight);
        dx[from] += (run + 1) * seed.item(at) * w.value().item(weight);
        dw[weight] += (run + 1) * seed.item(at) * x.value().item(from);
      });
      // Sums of up to 2,600 products of numbers below 1, in another order: a few hundred roundings.
      const auto furthest = [](const std::vector<double>& expected, const Tensor& found) {
        double most = 0;
        for (size_t i = 0; i < expected.size(); ++i)
          most = std::max(most, std::abs(expected[i] - found.item(static_cast<int64_t>(i))));
        return most;
      };
      EXPECT_LE(furthest(sums, y.value()), 1e-12) << c.name;
      EXPECT_LE(furthest(dx, x.grad()), 1e-12) << c.name << ", input, run " << run;
      EXPECT_LE(furthest(dw, w.grad()), 1e-12) << c.name << ", weight, run " << run;
    }
  }
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
  const std::vector<ConvolutionCase> cases = {
      {"line", {37, 1, 90, 6}, {40, 3, 1, 5}, {}, {.dilation = 2, .before = 4, .after = 4}, 2},
      {"one long line", {1, 1, 2600, 32}, {33, 32, 1, 3}, {}, {.before = 1, .after = 1}},
      {"images", {37, 9, 10, 6}, {40, 6, 3, 3}, {.before = 1}, {.stride = 2, .after = 1}},
      {"images of many channels", {7, 9, 10, 40}, {48, 40, 3, 3}, {.before = 1}, {.after = 1}}};
  for (const ConvolutionCase& c : cases) {
    std::vector<std::vector<float>> first;
    for (int threads : {1, 2, 3, 5}) {
      set_num_threads(threads);
      const Variable x = random_leaf(c.x, 1, DType::f32), w = random_leaf(c.weight, 2, DType::f32),
                     bias = random_leaf({c.weight[0]}, 3, DType::f32);
      const Variable y = conv2d(x, w, bias, c.rows, c.columns, c.groups);
      y.backward(random_leaf(y.shape(), 4, DType::f32).value());
      std::vector<std::vector<float>> bits;
      for (const Tensor& t : {y.value(), x.grad(), w.grad(), bias.grad()})
        bits.emplace_back(t.values<float>().begin(), t.values<float>().end());
      if (first.empty()) first = bits;
      EXPECT_EQ(bits, first) << c.name << ", " << threads << " threads";
    }
    set_num_threads(0);
  }
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
