// Attention: gradients over ragged rows, causality, hard attention's draws and loss, what is
// refused.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/autograd/reduce.h"
#include "sluice/layers/luong_attention.h"
#include "sluice/layers/self_attention.h"
#include "sluice/layers/xu_attention.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

Variable drawn(const Shape& shape, uint64_t seed, DType dtype = DType::f64) {
  Tensor x(shape, dtype);
  Generator generator(seed);
  dispatch(dtype, [&](auto zero) { generator.uniform(x.values<decltype(zero)>(), -1, 1); });
  return Variable(x, true);
}

const Padding ragged{.lengths = {4, 2, 5}};

// Query and values of three rows; the padding is left as it was drawn, and must not count.
void check_gradients_of(Attention& attention) {
  attention.to(DType::f64);
  const Variable query = drawn({3, 4}, 1), values = drawn({3, 5, 4}, 2);
  std::vector<Variable> leaves = attention.parameters();
  leaves.insert(leaves.end(), {query, values});
  const GradientCheck check = check_gradients(
      [&] {
        const Attended seen = attention.attend(query, attention.remember(values, ragged), 1);
        return concat({seen.context, seen.weights * seen.weights}, 1);
      },
      leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where;
}

TEST(Attention, Gradients) {
  Generator generator(3);
  AdditiveAttention additive({4, 4, 3}, generator);
  check_gradients_of(additive);
  XuAttention xu({4, 4, 3, true}, generator);
  check_gradients_of(xu);
  for (LuongScore score : {LuongScore::dot, LuongScore::general, LuongScore::concat})
    for (LuongWindow window :
         {LuongWindow::global, LuongWindow::monotonic, LuongWindow::predictive}) {
      LuongAttention luong({4, 4, score, window, 2, 3}, generator);
      check_gradients_of(luong);
    }
}

TEST(Attention, WeightsAreSharesOfTheTrueSteps) {
  Generator generator(3);
  AdditiveAttention attention({4, 4, 3}, generator);
  const Attended seen = attention.attend(
      drawn({3, 4}, 1, DType::f32), attention.remember(drawn({3, 5, 4}, 2, DType::f32), ragged));
  for (int row = 0; row < 3; ++row) {
    double total = 0;
    for (int s = 0; s < 5; ++s) {
      const double weight = seen.weights.value().item(row * 5 + s);
      EXPECT_EQ(weight > 0, s < ragged.lengths[row]);
      total += weight;
    }
    EXPECT_NEAR(total, 1, 1e-6);
  }
}

// The paper's window: nothing beyond D steps of the centre.
TEST(LuongAttention, AWindowIsNarrow) {
  Generator generator(3);
  LuongAttention attention({4, 4, LuongScore::dot, LuongWindow::monotonic, 1}, generator);
  const AttentionMemory memory = attention.remember(drawn({1, 6, 4}, 2, DType::f32));
  const Tensor weights = attention.attend(drawn({1, 4}, 1, DType::f32), memory, 3).weights.value();
  for (int s = 0; s < 6; ++s) EXPECT_EQ(weights.item(s) > 0, std::abs(s - 3) <= 1) << s;
}

TEST(SelfAttention, GradientsOfRaggedRows) {
  for (bool causal : {false, true}) {
    Generator generator(3);
    SelfAttention layer({6, 2, causal, true}, generator);
    layer.to(DType::f64);
    Tensor values = drawn({3, 5, 6}, 4).value();
    for (int i = 24; i < 30; ++i) values.data<double>()[i] = NAN;  // behind the first row
    const Variable x(values);
    const std::vector<Variable> parameters = layer.parameters();
    EXPECT_LE(check_gradients([&] { return layer.forward(x, ragged); }, parameters).deviation,
              1e-7);
    const Variable whole = drawn({2, 4, 6}, 5);
    std::vector<Variable> leaves = layer.parameters();
    leaves.push_back(whole);
    EXPECT_LE(check_gradients([&] { return layer.forward(whole); }, leaves).deviation, 1e-7);
  }
}

TEST(SelfAttention, CausalStepsSeeNoLaterOne) {
  Generator generator(3);
  SelfAttention layer({4, 2, true, true}, generator);
  const Variable x = drawn({1, 6, 4}, 5, DType::f32);
  Tensor changed = x.value().clone();
  changed.data<float>()[4 * 4] += 1;
  const Tensor before = layer.forward(x).value(), after = layer.forward(changed).value();
  for (int t = 0; t < 6; ++t) EXPECT_EQ(before.item(t * 4) == after.item(t * 4), t < 4) << t;
}

TEST(HardAttention, DrawsByTheWeights) {
  Generator generator(3);
  XuAttention attention({2, 3, 4, false}, generator);
  const int rows = 4000;
  const AttentionMemory one = attention.remember(drawn({1, 4, 3}, 2, DType::f32), {.lengths = {3}});
  const Variable query = drawn({1, 2}, 1, DType::f32);
  const Tensor weights = attention.attend(query, one).weights.value();
  std::vector<double> counts(4);
  int expectations = 0;
  for (int i = 0; i < rows; ++i) {
    const HardAttended seen = attention.attend_hard(query, one, generator, 0.25);
    const int step = seen.chosen[0];
    if (step < 0) {
      ++expectations;
      EXPECT_EQ(seen.log_probability.value().item(), 0);
      continue;
    }
    ++counts[step];
    EXPECT_NEAR(seen.log_probability.value().item(), std::log(weights.item(step)), 1e-5);
    for (int k = 0; k < 3; ++k)
      EXPECT_EQ(seen.context.value().item(k), one.values.value().item(step * 3 + k));
  }
  EXPECT_NEAR(expectations, 0.25 * rows, 4 * std::sqrt(rows * 0.25 * 0.75));
  for (int s = 0; s < 4; ++s)
    EXPECT_NEAR(counts[s] / (rows - expectations), weights.item(s), 0.035) << s;
}

// With a uniform choice of two places the entropy is log 2.
TEST(HardAttention, Entropy) {
  Generator generator(3);
  XuAttention attention({2, 3, 4, false}, generator);
  const AttentionMemory memory =
      attention.remember(Tensor({2, 3, 3}), {.lengths = {2, 3}});  // zeros: every score is the same
  const HardAttended seen = attention.attend_hard(Tensor({2, 2}), memory, generator);
  EXPECT_NEAR(seen.entropy.value().item(0), std::log(2), 1e-6);
  EXPECT_NEAR(seen.entropy.value().item(1), std::log(3), 1e-6);
}

// REINFORCE is unbiased: the mean gradient over many draws is that of the expected log likelihood.
TEST(HardAttention, TheLossHasTheGradientOfTheExpectation) {
  const std::vector<double> values = {1.0, -0.5, 2.0};
  const Variable x(Tensor::from(std::span<const double>(values), {1, 3, 1}));
  Generator generator(3);
  XuAttention attention({1, 1, 2, false}, generator);
  attention.to(DType::f64);
  const Variable query(Tensor::full({1, 1}, 0.7, DType::f64));
  const auto parameters = attention.parameters();
  // Here log p is the context itself, so its expectation is what soft attention gives.
  sum(attention.attend(query, attention.remember(x)).context).backward();
  const double wanted = parameters.back().grad().item(0);
  for (const Variable& p : parameters) p.zero_grad();
  HardAttentionLoss loss(1, 0);
  const int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    const HardAttended seen = attention.attend_hard(query, attention.remember(x), generator, 0);
    loss(reshape(seen.context, {1}), seen.log_probability, seen.entropy).backward();
  }
  EXPECT_NEAR(-parameters.back().grad().item(0) / draws, wanted, 0.02);
  EXPECT_GT(std::abs(wanted), 0.1);
  EXPECT_GT(loss.baseline(), 0) << "the running mean follows the log likelihood";
}

TEST(HardAttention, LossByHand) {
  HardAttentionLoss loss(0.5, 0.1);
  const auto number = [](double v) { return Variable(Tensor::full({1}, v, DType::f64), true); };
  const Variable likelihood = number(-2), choice = number(-0.7), entropy = number(1.1);
  const Variable first = loss(likelihood, choice, entropy);
  EXPECT_NEAR(first.value().item(), -(-2 + 0.5 * (-2) * (-0.7) + 0.1 * 1.1), 1e-12);
  first.backward();
  EXPECT_NEAR(likelihood.grad().item(), -1, 1e-12) << "the advantage must be a constant";
  EXPECT_NEAR(choice.grad().item(), -0.5 * -2, 1e-12);
  EXPECT_NEAR(loss.baseline(), -0.2, 1e-12);
  EXPECT_NEAR(loss(likelihood, choice, entropy).value().item(),
              -(-2 + 0.5 * (-1.8) * (-0.7) + 0.1 * 1.1), 1e-12);
}

TEST(XuAttention, EveryPlaceShouldBeLookedAtOnce) {
  AttentionMemory memory;
  const std::vector<double> looked = {1, 0, 0.5, 0, 0.25, 0};  // [1,2,3]
  const Variable weights(Tensor::from(std::span<const double>(looked), {1, 2, 3}), true);
  // Column sums 1, 0.25, 0.5.
  EXPECT_NEAR(doubly_stochastic_penalty(weights, 2, memory).value().item(),
              2 * (0.75 * 0.75 + 0.5 * 0.5), 1e-12);
  const std::vector<float> real = {1, 1, 0};
  memory.allowed = Tensor::from(std::span<const float>(real), {1, 3});
  EXPECT_NEAR(doubly_stochastic_penalty(weights, 2, memory).value().item(), 2 * 0.75 * 0.75, 1e-12);
  const std::vector<Variable> leaves = {weights};
  EXPECT_LE(check_gradients([&] { return doubly_stochastic_penalty(weights, 2, memory); }, leaves)
                .deviation,
            1e-7);
}

TEST(Attention, RefusesWhatDoesNotFit) {
  Generator generator(3);
  EXPECT_EQ(failure([&] { AdditiveAttention({0, 1, 1}, generator); }),
            "layer.size additive_attention");
  EXPECT_EQ(failure([&] { LuongAttention({3, 4, LuongScore::dot}, generator); }),
            "layer.size luong_attention.score");
  EXPECT_EQ(failure([&] { SelfAttention({6, 4}, generator); }),
            "layer.size self_attention.num_heads");
  AdditiveAttention attention({4, 4, 3}, generator);
  EXPECT_EQ(failure([&] { attention.remember(Tensor({2, 4})); }), "layer.shape attention");
  SelfAttention layer({6, 2}, generator);
  EXPECT_EQ(failure([&] { layer.forward(Tensor({2, 3, 5})); }), "layer.shape self_attention");
}

}  // namespace
}  // namespace sluice
