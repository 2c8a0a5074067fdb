// Optimizers against PyTorch and Keras (tests/golden/make_optimizer_steps.py).
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

TEST_P(OptimizerGolden, TenStepsAsTheFramework) {
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

INSTANTIATE_TEST_SUITE_P(Steps, OptimizerGolden, testing::ValuesIn(golden_cases()),
                         [](const auto& each) { return each.param; });

Options with(const std::vector<std::pair<std::string, std::string>>& items) {
  Options options;
  for (const auto& [key, value] : items) options.set(key, value);
  return options;
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

// Every optimizer, plain and with all that it can remember.
struct OptimizerCase {
  std::string name;
  Options options;
};

std::vector<OptimizerCase> all_optimizers() {
  std::vector<OptimizerCase> cases;
  for (const auto& row : optimizer_registry()) {
    cases.push_back({row.name, {}});
    Options everything;
    for (const OptionDoc& option : row.options) {
      if (option.name == "momentum") everything.set("momentum", "0.9");
      if (option.name == "amsgrad" || option.name == "centered")
        everything.set(option.name, "true");
    }
    if (!everything.items().empty()) cases.push_back({row.name, everything});
  }
  return cases;
}

TEST(Optimizer, StateGoesRound) {
  for (const auto& [name, options] : all_optimizers()) {
    std::vector<Variable> a = {Variable(Tensor::full({3}, 1), true)};
    std::vector<Variable> b = {Variable(Tensor::full({3}, 1), true)};
    const auto first = make_optimizer(name, options, a);
    const auto second = make_optimizer(name, options, b);
    b[0].grad_buffer().fill(0.3);
    for (int i = 0; i < 4; ++i) {
      a[0].grad_buffer().fill(i == 2 ? -0.3 : 0.3);
      first->step(0.1);
    }
    b[0].value().copy_from(a[0].value());
    second->load_state(first->state());
    EXPECT_EQ(second->steps(), 4);
    for (int i = 0; i < 3; ++i) first->step(0.1), second->step(0.1);
    EXPECT_EQ(a[0].value().item(), b[0].value().item()) << name;
    EXPECT_NE(a[0].value().item(), 1) << name;
    NamedTensors broken = first->state();
    broken.pop_back();
    EXPECT_THROW(second->load_state(broken), Error);
  }
}

// Back to an earlier state of the same optimizer: what it counted since is forgotten.
TEST(Optimizer, GoesBackToAnEarlierState) {
  for (const auto& [name, options] : all_optimizers()) {
    std::vector<Variable> parameters = {Variable(Tensor::full({3}, 1), true)};
    parameters[0].grad_buffer().fill(0.3);
    const auto optimizer = make_optimizer(name, options, parameters);
    optimizer->step(0.1);
    const NamedTensors early = optimizer->state();
    std::vector<double> ends;
    for (int round = 0; round < 2; ++round) {
      optimizer->load_state(early);
      parameters[0].value().fill(0.5);
      for (int i = 0; i < 3; ++i) optimizer->step(0.1);
      ends.push_back(parameters[0].value().item());
    }
    EXPECT_EQ(ends[0], ends[1]) << name;
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
  EXPECT_THROW(make_optimizer("adam", with({{"convention", "jax"}}), none), Error);
  EXPECT_THROW(make_optimizer("rmsprop", with({{"rho", "1"}}), none), Error);
  EXPECT_THROW(make_optimizer("adagrad", with({{"initial_accumulator", "-1"}}), none), Error);
  EXPECT_THROW(make_optimizer("rprop", with({{"grow", "0.9"}}), none), Error);
  EXPECT_THROW(make_optimizer("rprop", with({{"largest", "1e-7"}}), none), Error);
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
  for (const auto& [name, options] : all_optimizers()) {
    std::vector<float> first;
    for (int threads : {1, 2, 3, 5}) {
      set_num_threads(threads);
      std::vector<Variable> parameters = {Variable(Tensor::full({100'003}, 1), true)};
      auto values = parameters[0].grad_buffer().values<float>();
      std::iota(values.begin(), values.end(), -50'000.0f);
      const auto optimizer = make_optimizer(name, options, parameters);
      optimizer->step(0.1);
      const test::AllocationCounter counter;
      for (int i = 0; i < 3; ++i) optimizer->step(0.1);
      EXPECT_EQ(counter.count(), 0) << name;
      const auto result = parameters[0].value().values<float>();
      if (first.empty()) first.assign(result.begin(), result.end());
      EXPECT_TRUE(std::equal(first.begin(), first.end(), result.begin()))
          << name << ", " << threads << " threads";
    }
  }
  set_num_threads(0);
}

// Large parameters are shared by threads; a gradient that is owed zeros gets them once, before.
TEST(Optimizer, UnusedParametersSeeZeros) {
  set_num_threads(3);
  for (int round = 0; round < 20; ++round) {
    const std::vector<Variable> parameters = {Variable(Tensor::full({200'000}, 1), true)};
    parameters[0].grad_buffer().fill(5);
    const auto optimizer = make_optimizer("sgd", {}, parameters);
    optimizer->zero_grad();
    optimizer->step(0.1);
    for (int64_t i = 0; i < 200'000; i += 97) ASSERT_EQ(parameters[0].value().item(i), 1);
  }
  set_num_threads(0);
}

}  // namespace
}  // namespace sluice
