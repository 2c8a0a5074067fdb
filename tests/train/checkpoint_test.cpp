// Training that is stopped, saved, loaded and gone on with ends with the same bits.
#include "sluice/train/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/base/random.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/optimizer.h"

namespace sluice {
namespace {

std::unique_ptr<Sequential> small_model(uint64_t seed) {
  std::vector<LayerChoice> layers = {{"linear", {}}, {"dropout", {}}, {"tanh", {}}, {"linear", {}}};
  layers[0].options.set("output_size", "8");
  Generator generator(seed);
  return make_sequential(layers, 3, generator);
}

Dataset example_data() {
  Dataset data{Tensor({60, 3}), Tensor({60, 1}), {}};
  Generator generator(4);
  generator.normal(data.x.values<float>());
  generator.normal(data.y.values<float>());
  return data;
}

// Of an optimizer's name; "everything" has whatever else remembers something.
TrainOptions options(const std::string& optimizer) {
  TrainOptions options;
  options.epochs = 8;
  options.batch_size = 7;
  options.optimizer = optimizer == "everything" ? "adam" : optimizer;
  if (optimizer == "sgd") options.optimizer_options.set("momentum", "0.9");
  options.learning_rate = 0.01;
  options.schedule = "exponential";
  if (optimizer == "everything") {
    options.schedule = "plateau";
    options.schedule_options.set("patience", "0");
    options.schedule_options.set("threshold", "0.5");  // so that it has something to do
    options.ema_decay = 0.9;
    options.metrics = {"rmse", "r2"};
    options.clip_parameter_norm = 0.2;
  }
  options.clip_norm = 1;
  options.seed = 21;
  options.early_stopping.restore_best = true;
  return options;
}

std::vector<float> weights(const Module& model) {
  std::vector<float> all;
  for (const auto& [name, tensor] : model.state())
    for (float value : tensor.values<float>()) all.push_back(value);
  return all;
}

// Keeps the state after one epoch, as tensors, as a file would.
struct Saver : Callback {
  int epoch;
  NamedTensors saved;
  explicit Saver(int epoch_) : epoch(epoch_) {}
  bool on_epoch_end(Trainer& trainer, const TrainProgress& progress) override {
    if (progress.epoch == epoch) saved = to_tensors(trainer.state());
    return true;
  }
};

class Checkpoint : public testing::TestWithParam<std::string> {};

TEST_P(Checkpoint, GoesOnToTheSameBits) {
  const Dataset data = example_data(), held_out = example_data();
  const auto straight = small_model(1);
  Saver saver(3);
  Callback* callbacks[] = {&saver};
  const History whole = fit(*straight, data, &held_out, options(GetParam()), callbacks);

  const auto resumed = small_model(999);  // other weights, which the state replaces
  Trainer trainer(*resumed, options(GetParam()));
  trainer.restore(from_tensors(saver.saved));
  const History rest = trainer.fit(data, &held_out);
  EXPECT_EQ(weights(*resumed), weights(*straight));
  EXPECT_EQ(rest.loss, whole.loss);
  EXPECT_EQ(rest.val_loss, whole.val_loss);
  EXPECT_EQ(rest.learning_rate, whole.learning_rate);
  EXPECT_EQ(rest.best_epoch, whole.best_epoch);
  EXPECT_EQ(rest.ending, whole.ending);
  ASSERT_EQ(rest.metrics.size(), whole.metrics.size());
  for (size_t i = 0; i < whole.metrics.size(); ++i) {
    EXPECT_EQ(rest.metrics[i].name, whole.metrics[i].name);
    EXPECT_EQ(rest.metrics[i].train, whole.metrics[i].train);
    EXPECT_EQ(rest.metrics[i].val, whole.metrics[i].val);
    EXPECT_EQ(whole.metrics[i].val.size(), 8u);
  }
  EXPECT_LT(whole.learning_rate.back(), whole.learning_rate.front());
}

std::vector<std::string> all_cases() {
  std::vector<std::string> names = {"everything"};
  for (const auto& row : optimizer_registry()) names.push_back(row.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Optimizers, Checkpoint, testing::ValuesIn(all_cases()),
                         [](const auto& each) { return each.param; });

TEST(CheckpointTensors, CarryEverything) {
  const auto model = small_model(1);
  Trainer trainer(*model, options("adam"));
  trainer.fit(example_data());
  const TrainingState state = trainer.state();
  const TrainingState back = from_tensors(to_tensors(state));
  EXPECT_EQ(back.epoch, 8);
  EXPECT_EQ(back.update, 8u * 9);
  EXPECT_EQ(back.generator, state.generator);
  EXPECT_EQ(back.model.size(), state.model.size());
  EXPECT_EQ(back.optimizer.size(), state.optimizer.size());
  EXPECT_EQ(back.best_model.size(), state.best_model.size());
  EXPECT_EQ(back.best_loss, state.best_loss);
  EXPECT_EQ(back.history.ending, state.history.ending);
  EXPECT_EQ(back.history.seconds, state.history.seconds);
  EXPECT_EQ(back.history.restored_best, state.history.restored_best);
}

TEST(CheckpointTensors, RefuseWhatIsNotWhole) {
  const auto model = small_model(1);
  Trainer trainer(*model, options("adam"));
  trainer.fit(example_data());
  const NamedTensors whole = to_tensors(trainer.state());
  for (size_t missing = 0; missing < whole.size(); ++missing) {
    NamedTensors part = whole;
    part.erase(part.begin() + static_cast<std::ptrdiff_t>(missing));
    if (whole[missing].first.starts_with("best/")) continue;  // only looked at when it is needed
    Trainer other(*model, options("adam"));
    EXPECT_THROW(other.restore(from_tensors(part)), Error) << whole[missing].first;
  }
}

TEST(CheckpointTensors, RefuseAnotherModel) {
  const auto model = small_model(1);
  Trainer trainer(*model, options("adam"));
  trainer.fit(example_data());
  TrainingState state = trainer.state();
  state.model[0].second = Tensor({2, 2});
  EXPECT_THROW(trainer.restore(state), Error);
  state = trainer.state();
  state.epoch = 3;
  EXPECT_THROW(trainer.restore(state), Error);
}

}  // namespace
}  // namespace sluice
