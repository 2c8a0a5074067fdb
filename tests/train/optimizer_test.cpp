// Optimizers against PyTorch (tests/golden/make_optimizer_steps.py) and Keras' formulas.
#include "sluice/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/io/safetensors.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

using nlohmann::json;

const Safetensors& golden() {
  static const Safetensors file = read_safetensors(std::string(SLUICE_SOURCE_DIR) +
                                                   "/tests/golden/optimizer_steps.safetensors");
  return file;
}

std::vector<std::string> golden_cases() {
  return json::parse(golden().metadata.at("cases")).get<std::vector<std::string>>();
}

const Tensor& part(const std::string& name) {
  for (const auto& [known, tensor] : golden().tensors)
    if (known == name) return tensor;
  throw std::out_of_range(name);
}

class OptimizerGolden : public testing::TestWithParam<std::string> {};

TEST_P(OptimizerGolden, TenStepsAsPyTorch) {
  const std::string name = GetParam();
  const json about = json::parse(golden().metadata.at(name));
  Options options(about["optimizer"].get<std::string>());
  for (const auto& [key, value] : about["options"].items()) options.set(key, value);
  const std::vector<std::string> tensors = {"matrix", "vector"};
  std::vector<Variable> parameters;
  for (const std::string& tensor : tensors)
    parameters.emplace_back(part(name + "/initial/" + tensor).clone(), true);
  const auto optimizer = make_optimizer(about["optimizer"], options, parameters);
  for (size_t step = 0; step < about["learning_rates"].size(); ++step) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      const Tensor& all = part(name + "/gradient/" + tensors[i]);
      const auto count = static_cast<size_t>(parameters[i].value().numel());
      const auto given = all.values<float>().subspan(step * count, count);
      std::copy(given.begin(), given.end(), parameters[i].grad_buffer().data<float>());
    }
    optimizer->step(about["learning_rates"][step]);
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& expected = part(name + "/final/" + tensors[i]);
    double largest = 0, worst = 0;
    for (int64_t j = 0; j < expected.numel(); ++j) {
      largest = std::max(largest, std::abs(expected.item(j)));
      worst = std::max(worst, std::abs(expected.item(j) - parameters[i].value().item(j)));
    }
    EXPECT_LE(worst, 1e-6 * largest) << tensors[i];
  }
}

INSTANTIATE_TEST_SUITE_P(PyTorch, OptimizerGolden, testing::ValuesIn(golden_cases()),
                         [](const auto& each) { return each.param; });

// One number with the gradients 1, −2, 3, … under a changing rate.
double run_one(const std::string& name, const Options& options) {
  const std::vector<Variable> parameters = {Variable(Tensor::full({1}, 0.5, DType::f64), true)};
  const auto optimizer = make_optimizer(name, options, parameters);
  for (int step = 1; step <= 6; ++step) {
    parameters[0].grad_buffer().fill(step % 2 ? step : -step);
    optimizer->step(0.1 / step);
  }
  return parameters[0].value().item();
}

Options with(const std::vector<std::pair<std::string, std::string>>& items) {
  Options options;
  for (const auto& [key, value] : items) options.set(key, value);
  return options;
}

TEST(Optimizer, KerasMomentumHoldsTheStep) {
  for (bool nesterov : {false, true}) {
    double value = 0.5, velocity = 0;
    for (int step = 1; step <= 6; ++step) {
      const double move = 0.1 / step * (step % 2 ? step : -step);
      velocity = 0.9 * velocity - move;
      value += nesterov ? 0.9 * velocity - move : velocity;
    }
    const Options options = with(
        {{"momentum", "0.9"}, {"nesterov", nesterov ? "true" : "false"}, {"convention", "keras"}});
    EXPECT_NEAR(run_one("sgd", options), value, 1e-12);
  }
}

TEST(Optimizer, KerasAdamAddsEpsilonToTheUncorrectedRoot) {
  double value = 0.5, m = 0, v = 0;
  for (int t = 1; t <= 6; ++t) {
    const double g = t % 2 ? t : -t;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    value -= 0.1 / t * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)) * m /
             (std::sqrt(v) + 1e-2);
  }
  EXPECT_NEAR(run_one("adam", with({{"convention", "keras"}, {"epsilon", "1e-2"}})), value, 1e-12);
  EXPECT_GT(std::abs(run_one("adam", with({{"epsilon", "1e-2"}})) - value), 1e-4)
      << "the two conventions differ";
}

TEST(Optimizer, DecayMayLeaveBiasesAlone) {
  const std::vector<Variable> parameters = {Variable(Tensor::full({2, 2}, 1), true),
                                            Variable(Tensor::full({2}, 1), true)};
  const auto optimizer = make_optimizer(
      "adamw", with({{"weight_decay", "0.5"}, {"decay_biases", "false"}}), parameters);
  for (const Variable& parameter : parameters) parameter.grad_buffer().fill(0);
  optimizer->step(0.1);
  EXPECT_NEAR(parameters[0].value().item(), 0.95, 1e-6);
  EXPECT_EQ(parameters[1].value().item(), 1);
}

TEST(Optimizer, ParametersWithoutGradientStay) {
  const std::vector<Variable> parameters = {Variable(Tensor::full({2}, 1), true)};
  make_optimizer("adam", {}, parameters)->step(0.1);
  EXPECT_EQ(parameters[0].value().item(), 1);
}

TEST(Optimizer, StateGoesRound) {
  for (const auto& row : optimizer_registry()) {
    const Options options = row.name == "sgd" ? with({{"momentum", "0.9"}}) : Options();
    std::vector<Variable> a = {Variable(Tensor::full({3}, 1), true)};
    std::vector<Variable> b = {Variable(Tensor::full({3}, 1), true)};
    const auto first = make_optimizer(row.name, options, a);
    const auto second = make_optimizer(row.name, options, b);
    a[0].grad_buffer().fill(0.3);
    b[0].grad_buffer().fill(0.3);
    first->step(0.1);
    b[0].value().copy_from(a[0].value());
    second->load_state(first->state());
    EXPECT_EQ(second->steps(), 1);
    for (int i = 0; i < 3; ++i) first->step(0.1), second->step(0.1);
    EXPECT_EQ(a[0].value().item(), b[0].value().item()) << row.name;
    NamedTensors broken = first->state();
    broken.pop_back();
    EXPECT_THROW(second->load_state(broken), Error);
  }
}

TEST(Optimizer, RefusesOptionsOutOfRange) {
  const std::vector<Variable> none;
  EXPECT_THROW(make_optimizer("adan", {}, none), Error);
  EXPECT_THROW(make_optimizer("sgd", with({{"momentum", "1.5"}}), none), Error);
  EXPECT_THROW(make_optimizer("sgd", with({{"nesterov", "true"}}), none), Error);
  EXPECT_THROW(make_optimizer("adam", with({{"epsilon", "-1"}}), none), Error);
  EXPECT_THROW(make_optimizer("adam", with({{"weight_decay", "-1"}}), none), Error);
  EXPECT_THROW(make_optimizer("adam", with({{"momentum", "0.9"}}), none), Error);
}

TEST(Optimizer, DocumentsItsOptions) {
  for (const auto& row : optimizer_registry()) {
    Options options;
    make_optimizer(row.name, options, {});
    std::vector<std::string> documented, asked = options.asked();
    for (const OptionDoc& option : row.options) documented.push_back(option.name);
    std::sort(documented.begin(), documented.end());
    std::sort(asked.begin(), asked.end());
    EXPECT_EQ(documented, asked) << row.name;
  }
}

TEST(Optimizer, SameBitsForAnyThreadsAndNoHeapOnceWarm) {
  std::vector<float> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    std::vector<Variable> parameters = {Variable(Tensor::full({100'003}, 1), true)};
    auto values = parameters[0].grad_buffer().values<float>();
    std::iota(values.begin(), values.end(), -50'000.0f);
    const auto optimizer = make_optimizer("adam", {}, parameters);
    optimizer->step(0.1);
    const test::AllocationCounter counter;
    for (int i = 0; i < 3; ++i) optimizer->step(0.1);
    EXPECT_EQ(counter.count(), 0);
    const auto result = parameters[0].value().values<float>();
    if (first.empty()) first.assign(result.begin(), result.end());
    EXPECT_TRUE(std::equal(first.begin(), first.end(), result.begin())) << threads;
  }
  set_num_threads(0);
}

}  // namespace
}  // namespace sluice
