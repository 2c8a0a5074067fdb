// Ten updates of a recurrent layer with a head against PyTorch's (tests/golden/make_optimizer.py):
// layer, loss, clipping, optimizer and trainer together.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "sluice/io/safetensors.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/registry.h"
#include "sluice/train/trainer.h"

namespace sluice {
namespace {

using nlohmann::json;

const Safetensors& golden() {
  static const Safetensors file =
      read_safetensors(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/optimizer.safetensors");
  return file;
}

std::vector<std::string> golden_cases() {
  return json::parse(golden().metadata.at("cases")).get<std::vector<std::string>>();
}

// The tensors called "<prefix><name>", by name.
NamedTensors part(const std::string& prefix) {
  NamedTensors found;
  for (const auto& [name, tensor] : golden().tensors)
    if (name.starts_with(prefix)) found.emplace_back(name.substr(prefix.size()), tensor);
  return found;
}

class Forecaster : public Composite {
 public:
  explicit Forecaster(const json& about) {
    Generator generator(1);
    Options recurrent, head;
    recurrent.set("hidden_size", "6");
    recurrent.set("num_layers", std::to_string(about["num_layers"].get<int>()));
    head.set("output_size", "2");
    recurrent_ = make_layer(about["cell"], recurrent, 3, generator);
    head_ = make_layer("linear", head, 6, generator);
    add("recurrent", *recurrent_);
    add("head", *head_);
  }
  Variable forward(const Variable& x, const Padding& padding) override {
    return head_->forward(recurrent_->forward(x, padding));
  }

 private:
  std::unique_ptr<Module> recurrent_, head_;
};

TrainOptions options_of(const json& about) {
  const json& given = about["optimizer"];
  TrainOptions options;
  options.loss = about["loss"];
  options.optimizer = given["name"];
  options.clip_norm = given.value("clip_norm", 0.0);
  options.clip_value = given.value("clip_value", 0.0);
  if (given.contains("momentum"))
    options.optimizer_options.set("momentum", given["momentum"].dump());
  if (given.contains("nesterov")) options.optimizer_options.set("nesterov", "true");
  return options;
}

void expect_near(const Tensor& seen, const Tensor& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(seen.numel(), expected.numel()) << what;
  double largest = 0, worst = 0;
  for (int64_t i = 0; i < expected.numel(); ++i) {
    largest = std::max(largest, std::abs(expected.item(i)));
    worst = std::max(worst, std::abs(expected.item(i) - seen.item(i)));
  }
  EXPECT_LE(worst, tolerance * largest) << what;
}

class GoldenTraining : public testing::TestWithParam<std::string> {};

void run_case(const std::string& name, DType dtype) {
  const json about = json::parse(golden().metadata.at(name));
  const bool single = dtype == DType::f32;
  const std::string precision = name + (single ? "/f32/" : "/f64/");
  const double tolerance = single ? 1e-5 : 1e-10;
  Forecaster model(about);
  model.to(dtype);
  model.load_state(part(name + "/initial/"));
  const Dataset data{
      part(name + "/input")[0].second.to(dtype), part(name + "/target")[0].second.to(dtype), {}};
  std::vector<int64_t> rows(static_cast<size_t>(data.size()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  Trainer trainer(model, options_of(about));
  const Tensor losses = part(precision + "losses")[0].second;
  for (int64_t step = 0; step < losses.numel(); ++step) {
    const double loss = trainer.step(data, rows, about["optimizer"]["learning_rate"]);
    EXPECT_NEAR(loss, losses.item(step), tolerance * losses.item(0)) << "step " << step;
  }
  const NamedTensors state = model.state(), expected = part(precision + "final/");
  ASSERT_EQ(state.size(), expected.size());
  for (const auto& [parameter, tensor] : expected)
    for (const auto& [ours, value] : state)
      if (ours == parameter) expect_near(value, tensor, tolerance, precision + parameter);
}

TEST_P(GoldenTraining, TenUpdatesInFloat) { run_case(GetParam(), DType::f32); }
TEST_P(GoldenTraining, TenUpdatesInDouble) { run_case(GetParam(), DType::f64); }

INSTANTIATE_TEST_SUITE_P(PyTorch, GoldenTraining, testing::ValuesIn(golden_cases()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sluice
