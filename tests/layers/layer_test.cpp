// Layers that are not recurrent: values, gradients, state.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/reduce.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/registry.h"
#include "sluice/layers/sequential.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

Variable random_input(const Shape& shape, DType dtype = DType::f32) {
  Tensor value(shape, dtype);
  Generator generator(77);
  dispatch(dtype, [&](auto zero) { generator.uniform(value.values<decltype(zero)>(), -1, 1); });
  return Variable(value, true);
}

LinearOptions sizes(int input_size, int output_size) {
  LinearOptions options;
  options.input_size = input_size;
  options.output_size = output_size;
  return options;
}

TEST(Linear, ComputesAndDescribesItself) {
  Generator generator(1);
  Linear layer(sizes(2, 1), generator);
  layer.weight().value().data<float>()[0] = 2;
  layer.weight().value().data<float>()[1] = 3;
  layer.bias().value().data<float>()[0] = 10;
  const std::vector<float> x = {1, 2, 3, 4};
  const Tensor y = layer.forward(Tensor::from(std::span<const float>(x), {2, 2})).value();
  EXPECT_EQ(y.shape().to_string(), "[2,1]");
  EXPECT_EQ(y.item(0), 18);
  EXPECT_EQ(y.item(1), 28);
  EXPECT_EQ(layer.parameter_count(), 3);
  EXPECT_EQ(layer.output_size(2), 1);
  EXPECT_EQ(layer.state()[0].first, "weight");
  EXPECT_EQ(layer.state()[1].first, "bias");
}

TEST(Linear, InitialisesByName) {
  Generator generator(5);
  LinearOptions options = sizes(30, 20);
  options.initialization = "keras";
  Linear keras(options, generator);
  double largest = 0;
  for (float value : keras.weight().value().values<float>())
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  EXPECT_LE(largest, std::sqrt(6.0 / 50));
  EXPECT_GT(largest, 0.95 * std::sqrt(6.0 / 50));
  EXPECT_EQ(keras.bias().value().item(3), 0);
  options.initialization = "zeros";
  EXPECT_EQ(Linear(options, generator).weight().value().item(7), 0);
  options.initialization = "kears";
  EXPECT_EQ(failure([&] { Linear(options, generator); }), "config.choice linear.initialization");
}

// Every layer of the table that is not recurrent, in double, in the mode it trains in.
TEST(LayerRegistry, GradientsOfEveryLayer) {
  for (const auto& row : layer_registry()) {
    if (row.make == make_recurrent) continue;  // see recurrent_gradient_test.cpp
    if (row.name == "embedding") continue;  // it reads numbers of symbols: see embedding_test.cpp
    Options options;
    if (row.name == "flatten") options.set("steps", "3");
    if (row.name == "residual") options.set("output_size", "5");
    if (row.name == "conv_lstm2d") options.set("padding", "same");
    if (row.name == "linear") options.set("output_size", "4");
    Generator generator(3);
    const auto layer = make_layer(row.name, options, 5, generator);
    layer->to(DType::f64);
    const Variable x =
        random_input(row.name == "repeat_vector" ? Shape{6, 5} : Shape{2, 3, 5}, DType::f64);
    std::vector<Variable> leaves = layer->parameters();
    leaves.push_back(x);
    const GradientCheck check = check_gradients(
        [&] {
          MaskKey key{9, 4, 0};  // the same mask each time
          layer->set_mask_key(key);
          return layer->forward(x);
        },
        leaves);
    EXPECT_LE(check.deviation, 1e-7) << row.name << " " << check.where;
    EXPECT_EQ(layer->forward(x).shape()[-1], layer->output_size(5)) << row.name;
  }
}

// The table documents exactly the options that the layer asks for.
TEST(LayerRegistry, DocumentsItsOptions) {
  for (const auto& row : layer_registry()) {
    EXPECT_FALSE(row.doc.empty()) << row.name;
    Options options;
    Generator generator(3);
    ASSERT_NE(make_layer(row.name, options, 5, generator), nullptr);
    std::vector<std::string> documented, asked = options.asked();
    for (const OptionDoc& option : row.options) documented.push_back(option.name);
    std::sort(documented.begin(), documented.end());
    std::sort(asked.begin(), asked.end());
    EXPECT_EQ(documented, asked) << row.name;
  }
}

TEST(LayerRegistry, SuggestsNames) {
  Generator generator(1);
  Options options("model[0]");
  EXPECT_EQ(failure([&] { make_layer("linaer", options, 1, generator); }),
            "config.unknown_layer layer");
  options.set("outputsize", "3");
  EXPECT_EQ(failure([&] { make_layer("linear", options, 1, generator); }),
            "config.unknown_key model[0].outputsize");
}

std::unique_ptr<Sequential> example_model() {
  std::vector<LayerChoice> layers = {{"linear", {}}, {"relu", {}}, {"linear", {}}};
  layers[0].options.set("output_size", "4");
  Generator generator(2);
  return make_sequential(layers, 3, generator);
}

TEST(Sequential, NamesItsTensorsAsPyTorch) {
  const auto model = example_model();
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model->state()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}));
  EXPECT_EQ(model->parameters().size(), 4u);
  EXPECT_EQ(model->parameter_count(), 3 * 4 + 4 + 4 + 1);
  EXPECT_EQ(model->output_size(3), 1);
}

TEST(Sequential, StateGoesRound) {
  const auto model = example_model();
  Generator generator(99);
  auto other = example_model();
  for (Variable parameter : other->parameters()) parameter.value().fill(0);
  const Variable x = random_input({5, 3});
  other->load_state(model->state());
  const Tensor a = model->forward(x).value(), b = other->forward(x).value();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(a.item(i), b.item(i));
  model->parameters()[0].value().fill(7);
  EXPECT_NE(model->state()[0].second.item(), other->state()[0].second.item())
      << "state() must copy";
}

TEST(Sequential, GradientsHaveTheNamesOfTheState) {
  const auto model = example_model();
  sum(model->forward(random_input({5, 3}))).backward();
  const NamedTensors state = model->state(), gradients = model->gradients();
  ASSERT_EQ(state.size(), gradients.size());
  for (size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(state[i].first, gradients[i].first);
    EXPECT_TRUE(state[i].second.shape() == gradients[i].second.shape());
  }
  EXPECT_EQ(gradients[3].second.item(), 5);
}

TEST(Sequential, RefusesForeignState) {
  const auto model = example_model();
  NamedTensors state = model->state();
  const NamedTensors whole = state;
  state.pop_back();
  EXPECT_EQ(failure([&] { model->load_state(state); }), "layer.state 2.bias");
  state = whole;
  state[0].second = Tensor({3, 4});
  EXPECT_EQ(failure([&] { model->load_state(state); }), "layer.state 0.weight");
  state = whole;
  state.emplace_back("7.weight", Tensor({1}));
  EXPECT_EQ(failure([&] { model->load_state(state); }), "layer.state load_state");
}

TEST(Sequential, ConvertsToDouble) {
  const auto model = example_model();
  const double before = model->forward(random_input({1, 3})).value().item();
  model->to(DType::f64);
  const Tensor after = model->forward(random_input({1, 3}).value().to(DType::f64)).value();
  EXPECT_EQ(after.dtype(), DType::f64);
  EXPECT_NEAR(after.item(), before, 1e-6);
  NamedTensors single;
  for (const auto& [name, tensor] : model->state())
    single.emplace_back(name, tensor.to(DType::f32));
  EXPECT_NO_THROW(model->load_state(single)) << "a state of another type is converted";
}

// Composed as in PyTorch: members, names, forward.
class Residual : public Composite {
 public:
  explicit Residual(Generator& generator)
      : first_(sizes(3, 8), generator), second_(sizes(8, 3), generator) {
    add("first", first_);
    add("second", second_);
  }
  Variable forward(const Variable& x, const Padding&) override {
    return x + second_.forward(tanh(first_.forward(x)));
  }

 private:
  Linear first_, second_;
};

TEST(Composite, CustomModelsNeedOnlyNamesAndForward) {
  Generator generator(4);
  Residual model(generator);
  EXPECT_EQ(model.state()[2].first, "second.weight");
  model.to(DType::f64);
  std::vector<Variable> leaves = model.parameters();
  EXPECT_EQ(leaves.size(), 4u);
  const Variable x = random_input({4, 3}, DType::f64);
  leaves.push_back(x);
  EXPECT_LE(check_gradients([&] { return model.forward(x, {}); }, leaves).deviation, 1e-7);
}

}  // namespace
}  // namespace sluice
