// Models with latent variables: the gradient of the whole bound, divergences worked out by hand,
// and what a prediction may see.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "experiments/chorales.h"
#include "experiments/gaussian.h"
#include "experiments/latent_model.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/gradient_check.h"

namespace sluice::experiment {
namespace {

const LatentOptions tiny{.input_size = 3, .hidden_size = 3, .latent_size = 2, .feature_size = 4};
const Padding ragged{.lengths = {3, 2}};

// Yes-or-no answers.
Tensor answers(const Shape& shape, uint64_t seed, DType dtype = DType::f64) {
  Tensor x(shape, dtype);
  Generator generator(seed);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (T& each : x.values<T>()) each = static_cast<T>(generator.below(2));
  });
  return x;
}

Variable number(double value) { return Variable(Tensor::full({1}, value, DType::f64)); }

// KL(N(1, 2) ‖ N(0, 1)) = (1 + 4 − ln 4 − 1) / 2, and the same doubled and moved.
TEST(Latent, DivergenceByHand) {
  const double wanted = (1 + 4 - std::log(4) - 1) / 2;
  EXPECT_NEAR(divergence({number(1), number(2)}).value().item(), wanted, 1e-12);
  EXPECT_NEAR(divergence({number(7), number(4)}, {number(5), number(2)}).value().item(), wanted,
              1e-12);
  EXPECT_NEAR(divergence({number(5), number(2)}, {number(5), number(2)}).value().item(), 0, 1e-12);
}

TEST(Latent, GradientsOfTheBoundsOfSequences) {
  for (const auto make : {make_vrnn, make_storn}) {
    Generator generator(3);
    const std::unique_ptr<LatentModel> model = make(tiny, generator);
    model->to(DType::f64);
    const Variable x(answers({2, 3, 3}, 1));
    const Tensor y = answers({2, 3, 3}, 2);
    const std::vector<Variable> parameters = model->parameters();
    const GradientCheck check = check_gradients(
        [&] {
          Generator noise(4);
          const LatentCosts costs = model->costs(x, y, ragged, noise);
          return step_mean(costs.reconstruction + costs.divergence, ragged);
        },
        parameters);
    EXPECT_LE(check.deviation, 1e-7) << check.where;
  }
}

// A step of the bound knows nothing of later steps but through STORN's recognition; what a model
// says without y knows nothing of them at all.
TEST(Latent, PredictionsSeeNoLaterStep) {
  for (const auto make : {make_vrnn, make_storn}) {
    Generator generator(3);
    const std::unique_ptr<LatentModel> model = make(tiny, generator);
    const Tensor x = answers({1, 4, 3}, 1, DType::f32);
    Tensor changed = x.clone();
    changed.data<float>()[2 * 3] = 1 - changed.data<float>()[2 * 3];
    const Tensor before = (*model)(x).value(), after = (*model)(changed).value();
    for (int64_t t = 0; t < 4; ++t) EXPECT_EQ(before.item(t * 3) == after.item(t * 3), t < 2) << t;
  }
}

}  // namespace
}  // namespace sluice::experiment
