// The embedding: what it takes for a symbol, the symbol of padding, ragged rows.
#include "sluice/layers/embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/gradient_check.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

Tensor symbols(const std::vector<float>& values, const Shape& shape) {
  return Tensor::from(std::span<const float>(values), shape);
}

TEST(Embedding, ShapesAndGradients) {
  Generator generator(2);
  Embedding layer({.num_embeddings = 4, .embedding_dim = 3}, generator);
  const Tensor x = symbols({0, 3, 3, 1}, {2, 2});
  EXPECT_EQ(layer.forward(x).shape().to_string(), "[2,2,3]");
  EXPECT_EQ(layer.forward(x.reshape({2, 2, 1})).shape().to_string(), "[2,2,3]");
  EXPECT_EQ(layer.forward(x.reshape({4})).shape().to_string(), "[4,3]");
  layer.to(DType::f64);
  const std::vector<Variable> leaves = layer.parameters();
  const GradientCheck check = check_gradients(
      [&] {
        const Variable y = layer.forward(x);
        return y * y;
      },
      leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where;
}

TEST(Embedding, ThePaddingSymbolStaysZero) {
  Generator generator(2);
  Embedding layer({.num_embeddings = 3, .embedding_dim = 2, .padding_idx = 1}, generator);
  const Variable y = layer.forward(symbols({1, 2, 1}, {1, 3}));
  EXPECT_EQ(y.value().item(0), 0);
  y.backward(Tensor::full(y.shape(), 1));
  const Tensor gradient = layer.gradients()[0].second;
  EXPECT_EQ(gradient.item(2), 0);
  EXPECT_EQ(gradient.item(4), 1);
}

TEST(Embedding, PaddingMayHoldAnything) {
  Generator generator(2);
  Embedding layer({.num_embeddings = 3, .embedding_dim = 2}, generator);
  const Variable y = layer.forward(symbols({2, NAN, 1, 2}, {2, 2}), {.lengths = {1, 2}});
  EXPECT_EQ(y.value().item(2), 0);
  y.backward(Tensor::full(y.shape(), 1));
  const Tensor gradient = layer.gradients()[0].second;
  EXPECT_EQ(gradient.item(0), 0) << "padding is read as symbol 0, which must not learn from it";
  EXPECT_EQ(gradient.item(4), 2);
}

TEST(Embedding, RefusesWhatIsNoSymbol) {
  Generator generator(2);
  Embedding layer({.num_embeddings = 3, .embedding_dim = 2}, generator);
  for (float wrong : {3.0f, -1.0f, 0.5f, NAN, 1e30f})
    EXPECT_EQ(failure([&] { layer.forward(symbols({wrong}, {1, 1})); }),
              "autograd.embedding embedding")
        << wrong;
  EXPECT_EQ(failure([&] { Embedding({.num_embeddings = 0}, generator); }), "layer.size embedding");
  EXPECT_EQ(failure([&] { Embedding({.num_embeddings = 3, .padding_idx = 3}, generator); }),
            "layer.size embedding");
  EXPECT_EQ(failure([&] { Embedding({.initialization = "zeros"}, generator); }),
            "config.choice embedding.initialization");
}

}  // namespace
}  // namespace sluice
