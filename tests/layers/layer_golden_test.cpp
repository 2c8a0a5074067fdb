// The layers around the cells against PyTorch, Keras and the ONNX standard's cases: outputs and
// every gradient, of the layer that a recipe makes of its name and options.
#include <gtest/gtest.h>

#include "golden_file.h"
#include "sluice/layers/registry.h"

namespace sluice {
namespace {

using test::Golden;

class LayerGolden : public testing::TestWithParam<Golden> {};

std::unique_ptr<Module> layer_of(const test::GoldenTensors& tensors, DType dtype) {
  const nlohmann::json about = tensors.description();
  Options options;
  for (const auto& [key, value] : about["options"].items()) options.set(key, value);
  Generator generator(1);
  auto layer = make_layer(about["layer"], options, about["input_size"], generator);
  layer->to(dtype);
  layer->load_state(tensors.below("weight/"));
  layer->train(about.value("training", true));
  return layer;
}

void run_case(const Golden& golden, DType dtype) {
  const test::GoldenTensors tensors(golden);
  const auto layer = layer_of(tensors, dtype);
  const Variable x(tensors.get("input").to(dtype).clone(), true);
  const Variable y = layer->forward(x);
  tensors.expect("output", dtype, y.value());
  const Tensor* const seed = tensors.find("output_gradient");
  if (!seed) return;  // the standard's cases have no gradients
  y.backward(seed->to(dtype));
  if (tensors.find("f64/gradient/input")) tensors.expect("gradient/input", dtype, x.grad());
  for (const auto& [name, gradient] : layer->gradients())
    if (tensors.find("f64/gradient/" + name)) tensors.expect("gradient/" + name, dtype, gradient);
  // What the pass left in the buffers.
  for (const auto& [name, value] : layer->state())
    if (tensors.find("f64/state/" + name)) tensors.expect("state/" + name, dtype, value);
}

TEST_P(LayerGolden, Float) { run_case(GetParam(), DType::f32); }
INSTANTIATE_TEST_SUITE_P(Frameworks, LayerGolden,
                         testing::ValuesIn(test::golden_cases({"layers", "onnx_layers"})),
                         [](const auto& row) { return row.param.name; });

class LayerGoldenDouble : public testing::TestWithParam<Golden> {};

TEST_P(LayerGoldenDouble, Double) { run_case(GetParam(), DType::f64); }

INSTANTIATE_TEST_SUITE_P(Frameworks, LayerGoldenDouble,
                         testing::ValuesIn(test::golden_cases({"layers"})),
                         [](const auto& row) { return row.param.name; });

// A file with no gradients, or with one that no layer has, would pass without a word.
TEST(LayerGoldenFile, EveryWeightHasItsGradient) {
  for (const Golden& golden : test::golden_cases({"layers"})) {
    const test::GoldenTensors tensors(golden);
    const auto layer = layer_of(tensors, DType::f64);
    EXPECT_EQ(layer->parameters().size(),
              tensors.below("f64/gradient/").size() - (tensors.find("f64/gradient/input") ? 1 : 0))
        << golden.name;
  }
}

}  // namespace
}  // namespace sluice
