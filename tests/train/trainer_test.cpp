#include "sluice/train/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/base/random.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/checkpoint.h"
#include "sluice/train/interrupt.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

// linear, relu, dropout, linear
std::unique_ptr<Sequential> small_model(uint64_t seed = 1, bool with_dropout = false) {
  std::vector<LayerChoice> layers = {{"linear", {}}, {"relu", {}}};
  layers[0].options.set("output_size", "16");
  if (with_dropout) layers.push_back({"dropout", {}});
  layers.push_back({"linear", {}});
  Generator generator(seed);
  return make_sequential(layers, 2, generator);
}

// y = sin(2a) + b/2 at random places.
Dataset example_data(int64_t count, uint64_t seed = 3) {
  Dataset data{Tensor({count, 2}), Tensor({count, 1}), {}};
  Generator generator(seed);
  generator.uniform(data.x.values<float>(), -1, 1);
  for (int64_t i = 0; i < count; ++i) {
    const float* x = data.x.data<float>() + 2 * i;
    data.y.data<float>()[i] = std::sin(2 * x[0]) + x[1] / 2;
  }
  return data;
}

TrainOptions quick(int epochs) {
  TrainOptions options;
  options.epochs = epochs;
  options.batch_size = 16;
  options.learning_rate = 0.02;
  return options;
}

std::vector<float> weights(const Module& model) {
  std::vector<float> all;
  for (const auto& [name, tensor] : model.state())
    for (float value : tensor.values<float>()) all.push_back(value);
  return all;
}

template <class F>
Error caught(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  return Error(ExitCode::ok, "nothing was thrown", "", "");
}

TEST(Trainer, Learns) {
  const auto model = small_model();
  const Dataset data = example_data(200), held_out = example_data(50, 4);
  const double before = evaluate(*model, held_out, "mse");
  const History history = fit(*model, data, &held_out, quick(40));
  EXPECT_EQ(history.loss.size(), 40u);
  EXPECT_EQ(history.val_loss.size(), 40u);
  EXPECT_EQ(history.learning_rate.back(), 0.02);
  EXPECT_LT(history.loss.back(), 0.02);
  EXPECT_LT(evaluate(*model, held_out, "mse"), 0.1 * before);
  EXPECT_DOUBLE_EQ(evaluate(*model, held_out, "mse", 16), history.val_loss.back());
  EXPECT_EQ(history.ending, "trained 40 epochs");
  EXPECT_FALSE(model->training());
}

TEST(Trainer, EveryBatchSizeSeesEveryExampleOnce) {
  struct Count : Callback {
    int64_t batches = 0;
    void on_batch_end(Trainer&, const TrainProgress&) override { ++batches; }
  };
  for (const auto& [batch_size, batches] : {std::pair{1, 21}, {4, 6}, {0, 1}, {100, 1}}) {
    const auto model = small_model();
    TrainOptions options = quick(1);
    options.batch_size = batch_size;
    options.optimizer = "sgd";
    options.learning_rate = 0;
    Count count;
    Callback* callbacks[] = {&count};
    const Dataset data = example_data(21);
    const History history = fit(*model, data, nullptr, options, callbacks);
    EXPECT_EQ(count.batches, batches);
    EXPECT_NEAR(history.loss[0], evaluate(*model, data, "mse"), 1e-6)
        << "the loss of an epoch is the mean over its examples";
  }
}

// The order is drawn as torch.randperm draws it, or kept.
TEST(Trainer, ShufflesAsAsked) {
  struct Recorder : Module {
    Variable scale{Tensor::full({1}, 1), true};
    std::vector<double> seen;
    Variable forward(const Variable& x, const Padding&) override {
      if (training()) seen.push_back(x.value().item());
      return x * scale;
    }
    std::vector<Variable> parameters() const override { return {scale}; }
  };
  Dataset data{Tensor({6, 1}), Tensor({6, 1}), {}};
  std::iota(data.x.data<float>(), data.x.data<float>() + 6, 0.0f);
  TrainOptions options = quick(2);
  options.batch_size = 1;
  options.learning_rate = 0;
  options.seed = 11;
  for (bool shuffle : {false, true}) {
    Recorder model;
    options.shuffle = shuffle;
    fit(model, data, nullptr, options);
    std::vector<double> expected;
    Generator generator(11);
    for (int epoch = 0; epoch < 2; ++epoch) {
      std::vector<int64_t> order(6);
      std::iota(order.begin(), order.end(), int64_t{0});
      if (shuffle) generator.permutation(order);
      expected.insert(expected.end(), order.begin(), order.end());
    }
    EXPECT_EQ(model.seen, expected);
  }
}

TEST(Trainer, SameBitsForAnyNumberOfThreads) {
  std::vector<float> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    const auto model = small_model(1, true);
    TrainOptions options = quick(3);
    options.batch_size = 0;
    options.clip_norm = 0.1;
    fit(*model, example_data(9000), nullptr, options);
    if (first.empty()) first = weights(*model);
    EXPECT_TRUE(weights(*model) == first) << threads << " threads";
  }
  set_num_threads(0);
}

TEST(Trainer, AWarmedStepNeverTouchesTheHeap) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "the sanitizer owns the heap";
  for (const char* optimizer : {"sgd", "adam"}) {
    const auto model = small_model(1, true);
    const Dataset data = example_data(64);
    TrainOptions options = quick(1);
    options.optimizer = optimizer;
    options.clip_norm = 1;
    options.clip_value = 0.5;
    Trainer trainer(*model, options);
    std::vector<int64_t> rows(32);
    std::iota(rows.begin(), rows.end(), int64_t{5});
    for (int i = 0; i < 3; ++i) trainer.step(data, rows, 0.01);
    const test::AllocationCounter counter;
    for (int i = 0; i < 20; ++i) trainer.step(data, rows, 0.01);
    EXPECT_EQ(counter.count(), 0) << optimizer;
  }
}

TEST(EarlyStopping, WaitsForABetterLoss) {
  const auto model = small_model();
  const Dataset data = example_data(64), held_out = example_data(32, 4);
  TrainOptions options = quick(1000);
  options.learning_rate = 0;  // nothing ever improves
  options.early_stopping.patience = 3;
  const History history = fit(*model, data, &held_out, options);
  EXPECT_EQ(history.loss.size(), 4u);
  EXPECT_TRUE(history.stopped_early);
  EXPECT_EQ(history.best_epoch, 0);
  EXPECT_EQ(history.ending,
            "stopped early after epoch 4 of 1000: val_loss has not improved for 3 epochs");
}

TEST(EarlyStopping, SmallImprovementsDoNotCount) {
  const auto model = small_model();
  TrainOptions options = quick(50);
  options.early_stopping.patience = 2;
  options.early_stopping.min_delta = 100;
  EXPECT_EQ(fit(*model, example_data(64), nullptr, options).loss.size(), 3u);
}

TEST(EarlyStopping, EndsBelowTheThreshold) {
  const auto model = small_model();
  TrainOptions options = quick(1000);
  options.early_stopping.loss_threshold = 0.05;
  const History history = fit(*model, example_data(100), nullptr, options);
  EXPECT_TRUE(history.stopped_early);
  EXPECT_LT(history.loss.back(), 0.05);
  EXPECT_GE(history.loss[history.loss.size() - 2], 0.05);
}

TEST(EarlyStopping, RestoresTheBestWeights) {
  struct Spoil : Callback {  // after the third epoch the weights only get worse
    Module& model;
    std::vector<float> best;
    explicit Spoil(Module& model_) : model(model_) {}
    bool on_epoch_end(Trainer& trainer, const TrainProgress& progress) override {
      if (trainer.history().best_epoch == progress.epoch) best = weights(model);
      if (progress.epoch >= 2)
        for (Variable parameter : model.parameters()) parameter.value().fill(progress.epoch);
      return true;
    }
  };
  for (bool restore : {true, false}) {
    const auto model = small_model();
    const Dataset data = example_data(64), held_out = example_data(32, 4);
    TrainOptions options = quick(6);
    options.early_stopping.restore_best = restore;
    Spoil spoil(*model);
    Callback* callbacks[] = {&spoil};
    const History history = fit(*model, data, &held_out, options, callbacks);
    EXPECT_EQ(history.best_epoch, 2);
    EXPECT_EQ(history.restored_best, restore);
    EXPECT_EQ(weights(*model) == spoil.best, restore);
    if (restore) {
      EXPECT_NE(history.ending.find("kept the weights of epoch 3"), std::string::npos);
    }
  }
}

TEST(Callbacks, MayEndTraining) {
  struct Stop : Callback {
    int begun = 0, ended = 0;
    void on_train_begin(Trainer&, const TrainProgress&) override { ++begun; }
    bool on_epoch_end(Trainer&, const TrainProgress& p) override { return p.epoch < 2; }
    void on_train_end(Trainer&, const TrainProgress&) override { ++ended; }
  } stop;
  Callback* callbacks[] = {&stop};
  const auto model = small_model();
  const History history = fit(*model, example_data(20), nullptr, quick(10), callbacks);
  EXPECT_EQ(history.loss.size(), 3u);
  EXPECT_TRUE(history.stopped_early);
  EXPECT_EQ(stop.begun, 1);
  EXPECT_EQ(stop.ended, 1);
}

TEST(Interrupt, KeepsTheBestSoFarAndSaysSo) {
  struct Interrupt : Callback {
    int epoch = 3;
    std::vector<float> best;
    Module& model;
    explicit Interrupt(Module& model_) : model(model_) {}
    void on_batch_end(Trainer&, const TrainProgress& progress) override {
      if (progress.epoch == epoch && progress.batch == 2) request_interrupt();
    }
    bool on_epoch_end(Trainer& trainer, const TrainProgress& progress) override {
      if (trainer.history().best_epoch == progress.epoch) best = weights(model);
      return true;
    }
  };
  const auto model = small_model();
  Interrupt interrupt(*model);
  Callback* callbacks[] = {&interrupt};
  const History history = fit(*model, example_data(100), nullptr, quick(10), callbacks);
  clear_interrupt();
  EXPECT_TRUE(history.interrupted);
  EXPECT_EQ(history.loss.size(), 3u);
  EXPECT_TRUE(history.restored_best);
  EXPECT_EQ(weights(*model), interrupt.best);
  EXPECT_TRUE(history.ending.starts_with("interrupted in epoch 4 of 10; kept the weights of epoch"))
      << history.ending;

  const auto other = small_model();
  interrupt.epoch = 0;
  const History early = fit(*other, example_data(100), nullptr, quick(10), callbacks);
  clear_interrupt();
  EXPECT_TRUE(early.interrupted);
  EXPECT_TRUE(early.loss.empty());
  EXPECT_FALSE(early.restored_best);
}

TEST(Divergence, StopsWithAHint) {
  const auto model = small_model();
  TrainOptions options = quick(50);
  options.optimizer = "sgd";
  options.learning_rate = 1e6;
  const Error error = caught([&] { fit(*model, example_data(64), nullptr, options); });
  EXPECT_EQ(error.id, "train.diverged");
  EXPECT_EQ(error.code, ExitCode::diverged);
  EXPECT_TRUE(error.where.starts_with("epoch 1, update ")) << error.where;
  EXPECT_NE(error.hint.find("learning_rate"), std::string::npos);
}

TEST(Divergence, OfTheFirstLossPointsAtTheData) {
  const auto model = small_model();
  Dataset data = example_data(64);
  data.y.data<float>()[7] = INFINITY;
  const Error error = caught([&] { fit(*model, data, nullptr, quick(2)); });
  EXPECT_EQ(error.id, "train.diverged");
  TrainOptions options = quick(2);
  options.batch_size = 0;
  EXPECT_NE(caught([&] { fit(*model, data, nullptr, options); }).hint.find("data"),
            std::string::npos);
}

TEST(Divergence, ShowsEvenInTheLastUpdate) {
  const auto model = small_model();
  TrainOptions options = quick(1);
  options.batch_size = 0;
  options.optimizer = "sgd";
  options.learning_rate = 1e300;  // infinite in float
  EXPECT_EQ(caught([&] { fit(*model, example_data(64), nullptr, options); }).id, "train.diverged");
}

TEST(Divergence, LeavesTheBestWeights) {
  struct Raise : Callback {
    Module& model;
    std::vector<float> best;
    explicit Raise(Module& model_) : model(model_) {}
    bool on_epoch_end(Trainer&, const TrainProgress& progress) override {
      if (progress.epoch == 0) best = weights(model);
      if (progress.epoch == 0) model.parameters()[0].value().fill(NAN);
      return true;
    }
  };
  const auto model = small_model();
  Raise raise(*model);
  Callback* callbacks[] = {&raise};
  EXPECT_EQ(caught([&] { fit(*model, example_data(64), nullptr, quick(3), callbacks); }).id,
            "train.diverged");
  EXPECT_EQ(weights(*model), raise.best);
}

TEST(TrainerErrors, DataAndOptionsThatDoNotFit) {
  const auto model = small_model();
  Dataset data = example_data(10);
  const Dataset empty;
  EXPECT_EQ(caught([&] { fit(*model, empty, nullptr, quick(1)); }).id, "train.data");
  EXPECT_EQ(caught([&] { fit(*model, data, &empty, quick(1)); }).id, "train.data");
  data.padding.lengths = {1, 2};
  EXPECT_EQ(caught([&] { fit(*model, data, nullptr, quick(1)); }).id, "train.data");
  data = example_data(10);
  data.y = Tensor({9, 1});
  EXPECT_EQ(caught([&] { fit(*model, data, nullptr, quick(1)); }).id, "train.data");
  data.y = Tensor({10, 2});
  EXPECT_EQ(caught([&] { fit(*model, data, nullptr, quick(1)); }).id, "train.loss_shape");
  for (const auto& change : std::vector<std::function<void(TrainOptions&)>>{
           [](TrainOptions& o) { o.epochs = -1; }, [](TrainOptions& o) { o.batch_size = -1; },
           [](TrainOptions& o) { o.learning_rate = NAN; },
           [](TrainOptions& o) { o.clip_norm = -1; }, [](TrainOptions& o) { o.loss = "mze"; },
           [](TrainOptions& o) { o.optimizer = "adaam"; },
           [](TrainOptions& o) { o.schedule = "cosinus"; }}) {
    TrainOptions options = quick(1);
    change(options);
    EXPECT_EQ(caught([&] { Trainer(*model, options); }).code, ExitCode::config);
  }
}

TEST(Predict, DoesNotDependOnTheBatchSize) {
  const auto model = small_model(1, true);
  const Dataset data = example_data(50);
  const Tensor whole = predict(*model, data.x, {}, 0);
  EXPECT_EQ(whole.shape().to_string(), "[50,1]");
  for (int batch_size : {1, 7, 50, 1000}) {
    const Tensor parts = predict(*model, data.x, {}, batch_size);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(parts.item(i), whole.item(i));
  }
  EXPECT_TRUE(model->training()) << "predict leaves the mode as it was";
}

// Per-step targets: what is behind the end of a row counts neither in training nor in evaluation.
TEST(Ragged, PaddingDoesNotCount) {
  Dataset data{Tensor({4, 3, 2}), Tensor({4, 3, 1}), {{3, 1, 2, 3}, false}};
  Generator generator(1);
  generator.uniform(data.x.values<float>(), -1, 1);
  generator.uniform(data.y.values<float>(), -1, 1);
  const auto run = [&] {
    const auto model = small_model();
    TrainOptions options = quick(5);
    options.batch_size = 2;
    fit(*model, data, &data, options);
    return evaluate(*model, data, "mse", 3);
  };
  const double clean = run();
  for (const int64_t padded : {4, 5, 8}) data.y.data<float>()[padded] = NAN;
  EXPECT_EQ(run(), clean);
}

TEST(Precision, FollowsTheModel) {
  const auto model = small_model();
  model->to(DType::f64);
  const History history = fit(*model, example_data(64), nullptr, quick(3));
  EXPECT_EQ(model->parameters()[0].dtype(), DType::f64);
  EXPECT_LT(history.loss[2], history.loss[0]);
}

}  // namespace
}  // namespace sluice
