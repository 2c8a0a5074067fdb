// Penalties on parameters by name, against Keras' regularizers, and in training.
#include "sluice/train/penalty.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "layers/golden_file.h"
#include "sluice/base/error.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/trainer.h"

namespace sluice {
namespace {

const Tensor& named(const NamedTensors& all, const std::string& name) {
  for (const auto& [found, tensor] : all)
    if (found.starts_with(name)) return tensor;
  throw std::runtime_error("no " + name);
}

TEST(ParameterPenalties, AreKerasRegularizers) {
  const test::GoldenTensors golden({"penalties", "regularizers"});
  const auto about = golden.description();
  Generator generator(1);
  Recurrent layer(
      {.input_size = about["input_size"], .hidden_size = about["hidden_size"], .biases = 1},
      generator);
  NamedTensors state = layer.state();
  for (auto& [name, tensor] : state)
    tensor =
        named(golden.below("weight/"), name.substr(0, 4) == "bias" ? "bias" : name.substr(0, 9));
  layer.load_state(state);
  std::vector<ParameterPenalty> penalties;
  for (const auto& [name, factors] : about["factors"].items())
    penalties.push_back({name, factors[0], factors[1]});
  const ParameterPenalties all(layer, penalties);
  Tensor sum({1});
  sum.data<float>()[0] = static_cast<float>(all.add_gradients());
  golden.expect("penalty", DType::f32, sum);
  for (const char* name : {"weight_ih", "weight_hh", "bias"})
    golden.expect(std::string("gradient/") + name, DType::f32, named(layer.gradients(), name));
  EXPECT_EQ(layer.state().size(), state.size());
  for (const auto& [name, tensor] : layer.state()) {  // looking for the places changed nothing
    const auto now = tensor.values<float>(), before = named(state, name).values<float>();
    EXPECT_TRUE(std::equal(now.begin(), now.end(), before.begin())) << name;
  }
}

/// Two layers, a stack of both directions within the first.
std::unique_ptr<Sequential> model() {
  std::vector<LayerChoice> layers = {{"gru", {}}, {"linear", {}}};
  layers[0].options.set("hidden_size", "3");
  layers[0].options.set("num_layers", "2");
  layers[0].options.set("direction", "both");
  Generator generator(2);
  return make_sequential(layers, 2, generator);
}

struct Meaning {
  const char* name;
  std::vector<std::string> parameters;  // the beginnings of those that it means
};

TEST(ParameterPenalties, FindTheirParametersByName) {
  const Meaning rows[] = {
      {"", {""}},
      {"weight_hh", {"0.weight_hh"}},
      {"weight_hh_l1_reverse", {"0.weight_hh_l1_reverse"}},
      {"bias", {"0.bias", "1.bias"}},
      {"1", {"1."}},
      {"0.weight_ih_l0", {"0.weight_ih_l0"}},
      {"l0", {"0.weight_ih_l0", "0.weight_hh_l0", "0.bias_ih_l0", "0.bias_hh_l0"}},
  };
  for (const Meaning& row : rows) {
    const auto layers = model();
    ParameterPenalties(*layers, {{row.name, 0.5, 0.25}}).add_gradients();
    const NamedTensors state = layers->state(), gradients = layers->gradients();
    for (size_t i = 0; i < state.size(); ++i) {
      const bool meant =
          std::any_of(row.parameters.begin(), row.parameters.end(),
                      [&](const std::string& name) { return state[i].first.starts_with(name); });
      for (int64_t k = 0; k < state[i].second.numel(); ++k) {
        const double w = state[i].second.item(k), sign = (w > 0) - (w < 0);
        EXPECT_NEAR(gradients[i].second.item(k), meant ? 0.5 * sign + 0.5 * w : 0, 1e-6)
            << row.name << ": " << state[i].first;
      }
    }
  }
}

TEST(ParameterPenalties, RefuseWhatMeansNothing) {
  const auto layers = model();
  for (const ParameterPenalty& wrong :
       {ParameterPenalty{"weight_hx", 0, 1}, {"eight", 1, 0}, {"bias", -1, 0}}) {
    try {
      ParameterPenalties(*layers, {wrong});
      ADD_FAILURE() << wrong.name << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.id, "train.penalty");
    }
  }
}

Dataset data() {
  Dataset rows{Tensor({12, 4, 2}), Tensor({12, 1}), {}};
  Generator generator(3);
  generator.uniform(rows.x.values<float>(), -1, 1);
  generator.uniform(rows.y.values<float>(), -1, 1);
  return rows;
}

TEST(ParameterPenalties, PullWhileTraining) {
  TrainOptions options;
  options.epochs = 30;
  options.learning_rate = 0.02;
  const auto free = model(), pulled = model();
  const History plain = fit(*free, data(), nullptr, options);
  options.penalties = {{"weight_hh", 0.1, 0.1}};
  const History history = fit(*pulled, data(), nullptr, options);
  const auto largest = [](const Module& module, const std::string& name) {
    const Tensor tensor = named(module.state(), name);
    double most = 0;
    for (int64_t i = 0; i < tensor.numel(); ++i) most = std::max(most, std::abs(tensor.item(i)));
    return most;
  };
  EXPECT_GT(history.loss.front(), plain.loss.front());  // the penalty is part of the loss
  EXPECT_LT(largest(*pulled, "0.weight_hh_l0"), 0.5 * largest(*free, "0.weight_hh_l0"));
  EXPECT_GT(largest(*pulled, "0.weight_ih_l0"), 0.5 * largest(*free, "0.weight_ih_l0"));
}

}  // namespace
}  // namespace sluice
