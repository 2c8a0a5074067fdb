// Random numbers and first parameters against PyTorch's (tests/golden/make_initialization.py).
#include "sluice/layers/initialization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "sluice/io/safetensors.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/registry.h"
#include "sluice/layers/sequential.h"

namespace sluice {
namespace {

using nlohmann::json;

Safetensors golden(const std::string& name) {
  return read_safetensors(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/" + name +
                          ".safetensors");
}

const Tensor* find(const Safetensors& file, const std::string& name) {
  for (const auto& [known, tensor] : file.tensors)
    if (known == name) return &tensor;
  return nullptr;
}

template <class T>
void expect_near(std::span<const T> seen, const Tensor& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(static_cast<int64_t>(seen.size()), expected.numel()) << what;
  for (size_t i = 0; i < seen.size(); ++i)
    ASSERT_NEAR(static_cast<double>(seen[i]), expected.item(static_cast<int64_t>(i)), tolerance)
        << what << " element " << i;
}

float next_uniform(Generator& generator) {
  float value = 0;
  generator.uniform(std::span<float>(&value, 1));
  return value;
}

enum class Draw { uniform, uniform_range, normal, permutation };

// Which calls a case of make_initialization.py makes; the counts stand in its description.
Draw kind_of(const std::string& draws, size_t index) {
  if (draws == "uniform_range") return Draw::uniform_range;
  if (draws.starts_with("uniform")) return Draw::uniform;
  if (draws == "permutation") return Draw::permutation;
  if (draws == "normal_then_uniform") return index % 2 ? Draw::uniform : Draw::normal;
  return Draw::normal;
}

template <class T>
void check_draw(Generator& generator, Draw kind, const Tensor& expected, const std::string& what) {
  std::vector<T> values(static_cast<size_t>(expected.numel()));
  if (kind == Draw::permutation) {
    std::vector<int64_t> order(values.size());
    generator.permutation(order);
    values.assign(order.begin(), order.end());
  } else if (kind == Draw::normal) {
    generator.normal(std::span<T>(values));
  } else {
    const bool range = kind == Draw::uniform_range;
    generator.uniform(std::span<T>(values), range ? T(-0.25) : T(0), range ? T(0.75) : T(1));
  }
  // Uniforms are exact; PyTorch's own paths for normals differ among themselves by 2e-6.
  expect_near(std::span<const T>(values), expected, kind == Draw::normal ? 2e-6 : 0, what);
}

TEST(GoldenRandom, DrawsPyTorchsNumbers) {
  const Safetensors file = golden("random");
  int draws = 0;
  for (const std::string name : json::parse(file.metadata.at("cases"))) {
    const json about = json::parse(file.metadata.at(name));
    Generator generator(about["seed"].get<uint64_t>());
    for (size_t i = 0; i < about["counts"].size(); ++i, ++draws) {
      const std::string part = name + "/draw" + std::to_string(i);
      const Tensor* const expected = find(file, part);
      ASSERT_NE(expected, nullptr) << part;
      const Draw kind = kind_of(about["draws"], i);
      if (expected->dtype() == DType::f32)
        check_draw<float>(generator, kind, *expected, part);
      else
        check_draw<double>(generator, kind, *expected, part);
    }
    EXPECT_EQ(next_uniform(generator), find(file, name + "/next_uniform")->item())
        << name << ": the stream must stand at the same place";
  }
  EXPECT_GT(draws, 90);
}

std::unique_ptr<Module> recurrent(const std::string& cell, int input_size, int hidden_size,
                                  Generator& generator, int num_layers = 1, int biases = 2,
                                  DirectionOf direction = DirectionOf::forward) {
  RecurrentOptions options;
  options.cell = cell;
  options.input_size = input_size;
  options.hidden_size = hidden_size;
  options.num_layers = num_layers;
  options.biases = biases;
  options.direction = direction;
  return std::make_unique<Recurrent>(options, generator);
}

std::unique_ptr<Module> dense(int input_size, int output_size, Generator& generator,
                              bool bias = true) {
  LinearOptions options;
  options.input_size = input_size;
  options.output_size = output_size;
  options.bias = bias;
  return std::make_unique<Linear>(options, generator);
}

// A Sequential whose layers are drawn in order, with nothing at the places of ReLU.
std::unique_ptr<Module> chain(std::vector<std::function<std::unique_ptr<Module>()>> makers) {
  auto model = std::make_unique<Sequential>();
  for (const auto& make : makers) model->push_back(make());
  return model;
}

std::unique_ptr<Module> make_golden_layer(const std::string& name, Generator& g) {
  const auto both = DirectionOf::both;
  if (name == "lstm_3_3") return recurrent("lstm", 3, 3, g);
  if (name == "lstm_1_16") return recurrent("lstm", 1, 16, g);
  if (name == "lstm_3_6_layers2") return recurrent("lstm", 3, 6, g, 2);
  if (name == "lstm_nobias") return recurrent("lstm", 4, 7, g, 1, 0);
  if (name == "lstm_bidirectional_layers2") return recurrent("lstm", 2, 5, g, 2, 2, both);
  if (name == "gru_5_9") return recurrent("gru", 5, 9, g);
  if (name == "gru_bidirectional") return recurrent("gru", 3, 4, g, 1, 2, both);
  if (name == "rnn_3_8_layers2") return recurrent("rnn", 3, 8, g, 2);
  if (name == "lstm_200_200") return recurrent("lstm", 200, 200, g);
  if (name == "linear_16_1") return dense(16, 1, g);
  if (name == "linear_7_3") return dense(7, 3, g);
  if (name == "linear_nobias") return dense(12, 5, g, false);
  if (name == "lstm_then_linear")
    return chain({[&] { return recurrent("lstm", 1, 16, g); }, [&] { return dense(16, 1, g); }});
  if (name == "gru_then_two_linear")
    return chain({[&] { return recurrent("gru", 3, 10, g); }, [&] { return dense(10, 6, g); },
                  [&] { return make_layer("relu", {}, 6, g); }, [&] { return dense(6, 2, g); }});
  return nullptr;
}

void check_parameter(const Safetensors& file, const std::string& name, const Tensor& seen) {
  if (const Tensor* whole = find(file, name)) {
    expect_near(seen.values<float>(), *whole, 0, name);
    return;
  }
  const Tensor *first = find(file, name + "/first"), *sum = find(file, name + "/sum_and_count");
  ASSERT_TRUE(first && sum) << name;
  expect_near(seen.values<float>().first(static_cast<size_t>(first->numel())), *first, 0, name);
  double total = 0;
  for (float value : seen.values<float>()) total += value;
  EXPECT_NEAR(total, sum->item(0), 1e-9);
  EXPECT_EQ(static_cast<double>(seen.numel()), sum->item(1));
}

TEST(GoldenInitialization, LayersStartWithPyTorchsParameters) {
  const Safetensors file = golden("initialization");
  for (const std::string name : json::parse(file.metadata.at("cases"))) {
    const json about = json::parse(file.metadata.at(name));
    Generator generator(about["seed"].get<uint64_t>());
    const auto layer = make_golden_layer(about["layer"], generator);
    ASSERT_NE(layer, nullptr) << "a case without a layer here: " << name;
    const NamedTensors state = layer->state();
    EXPECT_EQ(state.size(), about["shapes"].size()) << name;
    for (const auto& [parameter, tensor] : state)
      check_parameter(file, name + "/" + parameter, tensor);
    EXPECT_EQ(next_uniform(generator), find(file, name + "/next_uniform")->item()) << name;
  }
}

double row_product(const Tensor& m, int64_t a, int64_t b) {
  double total = 0;
  for (int64_t i = 0; i < m.size(1); ++i)
    total += m.item(a * m.size(1) + i) * m.item(b * m.size(1) + i);
  return total;
}

TEST(Initialization, OrthogonalRowsOrColumns) {
  Generator generator(8);
  Tensor wide({5, 12}), tall({12, 5});
  fill_orthogonal(wide, generator);
  fill_orthogonal(tall, generator);
  Tensor turned({5, 12});
  for (int i = 0; i < 12; ++i)
    for (int j = 0; j < 5; ++j) turned.data<float>()[j * 12 + i] = tall.data<float>()[i * 5 + j];
  for (const Tensor& matrix : {wide, turned})
    for (int a = 0; a < 5; ++a)
      for (int b = 0; b < 5; ++b) EXPECT_NEAR(row_product(matrix, a, b), a == b, 1e-6);
}

// torch.manual_seed(3); torch.nn.init.orthogonal_(torch.empty(3, 2))
TEST(Initialization, OrthogonalIsPyTorchs) {
  Generator generator(3);
  Tensor matrix({3, 2});
  fill_orthogonal(matrix, generator);
  const std::vector<double> expected = {0.9923021793365479,   0.09743541479110718,
                                        0.1099163368344307,   -0.4086090922355652,
                                        0.057050056755542755, -0.9074937105178833};
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(matrix.item(i), expected[i], 2e-6) << i;
}

TEST(Initialization, EveryRuleHasItsBounds) {
  for (const auto& rule : initialization_registry()) {
    Generator generator(6);
    Tensor tensor({40, 60}, DType::f64);
    initialize(tensor, rule.name, {60, 40}, generator);
    double mean = 0, square = 0;
    for (double value : tensor.values<double>())
      mean += value / 2400, square += value * value / 2400;
    if (rule.name == "zeros" || rule.name == "ones") {
      EXPECT_NEAR(mean, rule.name == "ones", 1e-12) << rule.name;
      continue;
    }
    EXPECT_NEAR(mean, 0, 0.02) << rule.name;
    const double variance = rule.name == "uniform" || rule.name == "kaiming_uniform" ? 1.0 / 180
                            : rule.name == "kaiming_normal"                          ? 2.0 / 60
                            : rule.name == "orthogonal"                              ? 1.0 / 60
                                                                                     : 2.0 / 100;
    EXPECT_NEAR(square, variance, 0.1 * variance) << rule.name;
  }
}

}  // namespace
}  // namespace sluice
