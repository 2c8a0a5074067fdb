#include "sluice/train/weight_average.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/base/random.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/checkpoint.h"
#include "sluice/train/trainer.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

TEST(WeightAverage, FollowsItsFormula) {
  const std::vector<Variable> parameters = {Variable(Tensor::full({3}, 7, DType::f64), true)};
  WeightAverage average(parameters, 0.9);
  double expected = 0;
  for (int step = 0; step < 5; ++step) {
    Variable(parameters[0]).value().fill(step * step);
    average.update();
    expected = step == 0 ? 0 : 0.9 * expected + 0.1 * step * step;
  }
  average.swap();
  EXPECT_NEAR(parameters[0].value().item(2), expected, 1e-14);
  average.swap();
  EXPECT_EQ(parameters[0].value().item(2), 16);
}

TEST(WeightAverage, SameBitsForAnyThreadsAndNoHeapOnceWarm) {
  std::vector<float> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    const std::vector<Variable> parameters = {Variable(Tensor({100'003}), true)};
    Generator generator(1);
    WeightAverage average(parameters, 0.9);
    average.update();
    generator.uniform(Variable(parameters[0]).value().values<float>(), -1, 1);
    average.update();  // the first whose work is shared: threads start
    const test::AllocationCounter counter;
    for (int i = 0; i < 3; ++i) average.update();
    EXPECT_EQ(counter.count(), 0);
    average.swap();
    const auto values = parameters[0].value().values<float>();
    if (first.empty()) first.assign(values.begin(), values.end());
    EXPECT_TRUE(std::equal(first.begin(), first.end(), values.begin())) << threads << " threads";
  }
  set_num_threads(0);
}

std::unique_ptr<Sequential> recurrent_model() {
  std::vector<LayerChoice> layers = {{"gru", {}}, {"linear", {}}};
  layers[0].options.set("hidden_size", "4");
  layers[0].options.set("outputs", "last");
  Generator generator(1);
  return make_sequential(layers, 2, generator);
}

Dataset example_data() {
  Dataset data{Tensor({30, 5, 2}), Tensor({30, 1}), {}};
  Generator generator(4);
  generator.normal(data.x.values<float>());
  generator.normal(data.y.values<float>());
  return data;
}

std::vector<double> weights(const NamedTensors& state) {
  std::vector<double> all;
  for (const auto& [name, tensor] : state)
    for (int64_t i = 0; i < tensor.numel(); ++i) all.push_back(tensor.item(i));
  return all;
}

// Averages the weights of every update by itself.
struct Averager : Callback {
  const Module& model;
  std::vector<double> average;
  std::vector<double> after_epoch;  // the weights while the next epoch is waited for
  explicit Averager(const Module& model_) : model(model_) {}
  void on_batch_end(Trainer&, const TrainProgress&) override {
    const std::vector<double> now = weights(model.state());
    if (average.empty()) average = now;
    for (size_t i = 0; i < now.size(); ++i) average[i] = 0.8 * average[i] + 0.2 * now[i];
    after_epoch = now;
  }
  bool on_epoch_end(Trainer&, const TrainProgress&) override {
    EXPECT_EQ(weights(model.state()), after_epoch) << "training goes on with the weights";
    return true;
  }
};

TEST(WeightAverage, IsWhatIsJudgedAndKept) {
  const auto model = recurrent_model();
  const Dataset data = example_data();
  TrainOptions options;
  options.epochs = 4;
  options.batch_size = 8;
  options.learning_rate = 0.05;
  options.ema_decay = 0.8;
  Averager averager(*model);
  Callback* callbacks[] = {&averager};
  Trainer trainer(*model, options);
  const History history = trainer.fit(data, &data, callbacks);
  const std::vector<double> kept = weights(model->state());
  ASSERT_EQ(kept.size(), averager.average.size());
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_NEAR(kept[i], averager.average[i], 1e-6);
  EXPECT_EQ(history.val_loss.back(), evaluate(*model, data, "mse", 8));
  const TrainingState state = trainer.state();
  EXPECT_EQ(weights(state.average), kept);
  EXPECT_EQ(weights(state.model), averager.after_epoch);
  EXPECT_EQ(weights(model->state()), kept) << "looking changes nothing";
}

TEST(WeightAverage, RefusesAMemoryOfOne) {
  const auto model = recurrent_model();
  TrainOptions options;
  options.ema_decay = 1;
  EXPECT_THROW(Trainer(*model, options), Error);
}

}  // namespace
}  // namespace sluice
