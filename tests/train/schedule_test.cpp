#include "sluice/train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sluice/base/error.h"
#include "sluice/base/random.h"
#include "sluice/io/safetensors.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/clip.h"

namespace sluice {
namespace {

using Items = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Schedule> make(const std::string& name, const Items& items = {}) {
  Options options("schedule");
  for (const auto& [key, value] : items) options.set(key, value);
  return make_schedule(name, 0.1, 20, options);
}

const Safetensors& golden() {
  static const Safetensors file =
      read_safetensors(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/schedules.safetensors");
  return file;
}

const Tensor& part(const std::string& name) {
  for (const auto& [known, tensor] : golden().tensors)
    if (known == name) return tensor;
  throw std::out_of_range(name);
}

class ScheduleGolden : public testing::TestWithParam<std::string> {};

TEST_P(ScheduleGolden, RatesAsPyTorch) {
  const std::string name = GetParam();
  const auto about = nlohmann::json::parse(golden().metadata.at(name));
  Options options;
  for (const auto& [key, value] : about["options"].items()) options.set(key, value);
  const int epochs = about["epochs"];
  const int64_t batches = about["batches"];
  const auto schedule = make_schedule(about["schedule"], about["learning_rate"], epochs, options);
  const Tensor &rates = part(name + "/rates"), &losses = part(name + "/losses");
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (int64_t batch = 0; batch < batches; ++batch)
      EXPECT_NEAR(schedule->rate({epoch, batch, batches}), rates.item(epoch * batches + batch),
                  1e-15)
          << "epoch " << epoch << ", batch " << batch;
    schedule->observe(losses.item(epoch));
  }
}

INSTANTIATE_TEST_SUITE_P(PyTorch, ScheduleGolden,
                         testing::ValuesIn(nlohmann::json::parse(golden().metadata.at("cases"))
                                               .get<std::vector<std::string>>()),
                         [](const auto& each) { return each.param; });

TEST(Schedule, HoldsBeyondItsEnd) {
  EXPECT_EQ(make("constant")->rate({17}), 0.1);
  EXPECT_NEAR(make("cosine", {{"minimum", "0.02"}})->rate({50}), 0.02, 1e-15);
  EXPECT_NEAR(make("one_cycle")->rate({50, 0, 7}), 0.1 / 25 / 1e4, 1e-15);
}

TEST(Schedule, OfOneUpdateIsFinite) {
  for (const char* name : {"cosine", "one_cycle"})
    EXPECT_TRUE(std::isfinite(make_schedule(name, 0.1, 1, Options())->rate({}))) << name;
}

TEST(Schedule, TablesHoldUntilTheNextEpochNamed) {
  const auto table = make("table", {{"10", "5e-4"}, {"0", "1e-3"}});
  EXPECT_EQ(table->rate({0}), 1e-3);
  EXPECT_EQ(table->rate({9}), 1e-3);
  EXPECT_EQ(table->rate({10}), 5e-4);
  EXPECT_EQ(table->rate({1000}), 5e-4);
}

TEST(Schedule, PlateauNeverRaisesTheRate) {
  const auto plateau = make("plateau", {{"patience", "0"}, {"minimum", "0.5"}});
  for (int epoch = 0; epoch < 5; ++epoch) plateau->observe(1);
  EXPECT_EQ(plateau->rate({5}), 0.1);
}

TEST(Schedule, DocumentsItsOptions) {
  for (const auto& row : schedule_registry()) {
    if (row.name == "table") continue;  // its keys are epochs
    const Options options;
    make_schedule(row.name, 0.1, 20, options);
    std::vector<std::string> documented, asked = options.asked();
    for (const OptionDoc& option : row.options) documented.push_back(option.name);
    std::sort(documented.begin(), documented.end());
    std::sort(asked.begin(), asked.end());
    EXPECT_EQ(documented, asked) << row.name;
  }
}

TEST(Schedule, RefusesWrongOptions) {
  EXPECT_THROW(make("cosin"), Error);
  EXPECT_THROW(make("constant", {{"factor", "1"}}), Error);
  EXPECT_THROW(make("step", {{"every", "0"}}), Error);
  EXPECT_THROW(make("step", {{"factor", "-1"}}), Error);
  EXPECT_THROW(make("cosine", {{"warmup", "20"}}), Error);
  EXPECT_THROW(make("cosine", {{"by", "batch"}}), Error);
  EXPECT_THROW(make("one_cycle", {{"rise", "1"}}), Error);
  EXPECT_THROW(make("one_cycle", {{"start_divisor", "0"}}), Error);
  EXPECT_THROW(make("plateau", {{"factor", "1"}}), Error);
  EXPECT_THROW(make("plateau", {{"patience", "-1"}}), Error);
  EXPECT_THROW(make("table", {{"first", "1"}}), Error);
  EXPECT_THROW(make("table", {{"5", "1"}}), Error);
  EXPECT_THROW(make("table"), Error);
}

std::vector<Variable> with_gradients(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<Variable> parameters;
  for (const auto& values : {a, b}) {
    const auto count = static_cast<int64_t>(values.size());
    parameters.emplace_back(Tensor({count}), true);
    parameters.back().grad() = Tensor::from(std::span<const float>(values), {count});
  }
  return parameters;
}

TEST(Clip, ByNormScalesAllTogether) {
  const auto parameters = with_gradients({3, 0}, {0, 4});
  EXPECT_DOUBLE_EQ(gradient_norm(parameters), 5);
  EXPECT_DOUBLE_EQ(clip_norm(parameters, 1), 5);
  EXPECT_NEAR(parameters[0].grad().item(0), 3 / (5 + 1e-6), 1e-7);
  EXPECT_NEAR(parameters[1].grad().item(1), 4 / (5 + 1e-6), 1e-7);
  EXPECT_NEAR(clip_norm(parameters, 10), 1, 1e-6);
  EXPECT_NEAR(parameters[1].grad().item(1), 0.8, 1e-6) << "short gradients stay as they are";
}

TEST(Clip, ByValueCutsEveryElement) {
  const auto parameters = with_gradients({3, -0.1f}, {-7, NAN});
  clip_value(parameters, 0.5);
  EXPECT_EQ(parameters[0].grad().item(0), 0.5);
  EXPECT_FLOAT_EQ(static_cast<float>(parameters[0].grad().item(1)), -0.1f);
  EXPECT_EQ(parameters[1].grad().item(0), -0.5);
  EXPECT_TRUE(std::isnan(parameters[1].grad().item(1))) << "NaN must stay visible";
}

TEST(Clip, LeavesOutWhatHasNoGradient) {
  std::vector<Variable> parameters = with_gradients({3}, {4});
  parameters.emplace_back(Tensor({2}), true);
  EXPECT_DOUBLE_EQ(clip_norm(parameters, 1), 5);
  clip_value(parameters, 1);
  EXPECT_FALSE(parameters[2].grad().defined());
}

// A recurrent layer keeps its matrices and biases in one parameter; each is clipped by itself.
TEST(Clip, ByTheNormOfEveryMatrixAndBias) {
  for (const char* cell : {"lstm", "gru"}) {
    std::vector<LayerChoice> layers = {{cell, {}}, {"linear", {}}};
    layers[0].options.set("hidden_size", "5");
    layers[0].options.set("outputs", "last");
    Generator generator(1);
    const auto model = make_sequential(layers, 3, generator);
    Tensor x({4, 6, 3});
    generator.uniform(x.values<float>(), -1, 1);
    const NamedTensors before = model->state();
    ParameterClip clip(*model);
    const NamedTensors after = model->state();
    for (size_t i = 0; i < before.size(); ++i)
      for (int64_t k = 0; k < before[i].second.numel(); ++k)
        ASSERT_EQ(after[i].second.item(k), before[i].second.item(k)) << before[i].first;
    model->forward(Variable(x)).backward(Tensor::full({4, 1}, 1));
    const NamedTensors whole = model->gradients();
    std::vector<double> norms;
    for (const auto& [name, tensor] : whole) {
      double squares = 0;
      for (int64_t k = 0; k < tensor.numel(); ++k) squares += std::pow(tensor.item(k), 2);
      norms.push_back(std::sqrt(squares));
    }
    const double longest = 1.5 * *std::min_element(norms.begin(), norms.end());
    clip(longest);
    const NamedTensors clipped = model->gradients();
    int cut = 0;
    for (size_t i = 0; i < whole.size(); ++i) {
      cut += norms[i] > longest;
      for (int64_t k = 0; k < whole[i].second.numel(); ++k)
        EXPECT_NEAR(clipped[i].second.item(k),
                    longest / std::max(longest, norms[i]) * whole[i].second.item(k), 1e-6)
            << whole[i].first;
    }
    EXPECT_GT(cut, 0);
    EXPECT_LT(cut, static_cast<int>(whole.size())) << "some are short enough";
  }
}

}  // namespace
}  // namespace sluice
