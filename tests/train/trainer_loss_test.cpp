// Every loss and metric in the training loop.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/base/random.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/trainer.h"

namespace sluice {
namespace {

std::unique_ptr<Sequential> model_with(int outputs) {
  std::vector<LayerChoice> layers = {{"linear", {}}, {"tanh", {}}, {"linear", {}}};
  layers[0].options.set("output_size", "8");
  layers[2].options.set("output_size", std::to_string(outputs));
  Generator generator(1);
  return make_sequential(layers, 2, generator);
}

// Inputs [N,2]; targets [N,1] that follow from them: whole numbers of 0, 1, 2, or any.
Dataset data_for(const Loss& loss, const std::string& name) {
  Dataset data{Tensor({120, 2}), Tensor({120, 1}), {}};
  Generator generator(3);
  generator.uniform(data.x.values<float>(), -1, 1);
  for (int64_t i = 0; i < 120; ++i) {
    const float* x = data.x.data<float>() + 2 * i;
    float y = x[0] + x[1] / 2 + 3;
    if (loss.outputs() == 0 || name == "negative_binomial") y = std::floor((y - 1.5f));
    if (name == "binary_cross_entropy") y = y > 3 ? 1 : 0;
    data.y.data<float>()[i] = y;
  }
  return data;
}

TEST(TrainerLoss, EveryLossFalls) {
  for (const auto& row : loss_registry()) {
    const auto loss = make_loss(row.name);
    const Dataset data = data_for(*loss, row.name);
    const auto model = model_with(loss->outputs() == 0 ? 3 : loss->outputs());
    TrainOptions options;
    options.epochs = 40;
    options.learning_rate = 0.02;
    options.loss = row.name;
    const History history = fit(*model, data, &data, options);
    EXPECT_LT(history.loss.back(), history.loss.front() - 0.05) << row.name;
    EXPECT_DOUBLE_EQ(history.val_loss.back(), evaluate(*model, data, *loss, 32)) << row.name;
    EXPECT_NEAR(history.val_loss.back(), evaluate(*model, data, row.name, 7), 1e-5) << row.name;
  }
}

// Batches count for as many targets as they have; ignored ones are none.
TEST(TrainerLoss, IgnoredTargetsAreNotCounted) {
  Options ignore;
  ignore.set("ignore_index", "1");
  const auto loss = make_loss("cross_entropy", ignore);
  const Dataset all = data_for(*loss, "cross_entropy");
  std::vector<float> x, y;
  for (int64_t i = 0; i < all.size(); ++i) {
    if (all.y.item(i) == 1) continue;
    y.push_back(all.y.data<float>()[i]);
    for (int k = 0; k < 2; ++k) x.push_back(all.x.data<float>()[2 * i + k]);
  }
  const auto rows = static_cast<int64_t>(y.size());
  ASSERT_LT(rows, all.size());
  const Dataset kept{Tensor::from(std::span<const float>(x), {rows, 2}),
                     Tensor::from(std::span<const float>(y), {rows, 1}),
                     {}};
  const auto model = model_with(3);
  EXPECT_NEAR(evaluate(*model, all, *loss, 7), evaluate(*model, kept, "cross_entropy"), 1e-6);
}

TEST(TrainerLoss, OptionsReachTheLoss) {
  const auto model = model_with(1);
  TrainOptions options;
  options.loss = "pinball";
  EXPECT_THROW(fit(*model, data_for(*make_loss("mse"), "mse"), nullptr, options), Error);
  options.loss_options.set("quantiles", "0.9");
  EXPECT_EQ(fit(*model, data_for(*make_loss("mse"), "mse"), nullptr, options).loss.size(), 1u);
  options.loss_options.set("quantile", "0.9");
  EXPECT_THROW(Trainer(*model, options), Error);
}

TEST(TrainerMetric, StandsInTheHistoryAndInTheLines) {
  const Dataset data = data_for(*make_loss("mse"), "mse");
  const auto model = model_with(1);
  std::string lines;
  TrainOptions options;
  options.epochs = 3;
  options.metrics = {"rmse", "mae", "r2"};
  options.verbose = 2;
  options.output = [&](std::string_view text) { lines += text; };
  const History history = fit(*model, data, &data, options);
  ASSERT_EQ(history.metrics.size(), 3u);
  for (const MetricHistory& metric : history.metrics) {
    EXPECT_EQ(metric.train.size(), 3u);
    EXPECT_EQ(metric.val.size(), 3u);
    EXPECT_NE(lines.find(" - val_" + metric.name + ": "), std::string::npos) << lines;
  }
  EXPECT_NEAR(history.metrics[0].train[1], std::sqrt(history.loss[1]), 1e-6);
  EXPECT_NEAR(history.metrics[0].val[1], std::sqrt(history.val_loss[1]), 1e-6);
  EXPECT_NEAR(history.metrics[1].val[2], evaluate(*model, data, "mae"), 1e-6);
  EXPECT_NE(lines.find(" - rmse: "), std::string::npos);
}

TEST(TrainerMetric, ClassesGrowMoreAccurate) {
  const Dataset data = data_for(*make_loss("cross_entropy"), "cross_entropy");
  const auto model = model_with(3);
  TrainOptions options;
  options.epochs = 40;
  options.learning_rate = 0.02;
  options.loss = "cross_entropy";
  options.metrics = {"accuracy", "perplexity"};
  const History history = fit(*model, data, nullptr, options);
  EXPECT_GT(history.metrics[0].train.back(), 0.9);
  EXPECT_TRUE(history.metrics[0].val.empty());
  EXPECT_NEAR(history.metrics[1].train.back(), std::exp(history.loss.back()), 1e-5);
  options.metrics = {"rmse"};
  EXPECT_THROW(Trainer(*model, options), Error);
}

}  // namespace
}  // namespace sluice
