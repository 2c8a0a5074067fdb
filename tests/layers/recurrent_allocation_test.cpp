// Nothing is allocated by a stream's steps, nor by a warmed training step.
#include <gtest/gtest.h>

#include "recurrent_case.h"
#include "sluice/layers/linear.h"
#include "sluice/train/clip.h"
#include "sluice/train/loss.h"
#include "sluice/train/optimizer.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

void set_sizes(RecurrentCase& row, int batch, int hidden_size) {
  row.batch = batch;
  row.steps = 4;
  row.options.hidden_size = hidden_size;
  row.options.batch_first = true;
}

class RecurrentAllocation : public testing::TestWithParam<RecurrentCase> {
 protected:
  void SetUp() override {
    if (!test::can_count_allocations()) GTEST_SKIP() << "a sanitizer brings a heap of its own";
  }
};

/// A model, its data and its optimizer; step() is what a training loop does for a batch.
class Training {
 public:
  explicit Training(const RecurrentCase& row)
      : generator_(3),
        layer_(row.options, generator_),
        head_({layer_.output_size(0), 2}, generator_),
        parameters_(layer_.parameters()),
        input_(test::make_input(row, DType::f32)),
        target_(test::draw({row.batch, row.steps, 2}, DType::f32, 21)) {
    input_.x.set_requires_grad(false);
    for (const Variable& v : head_.parameters()) parameters_.push_back(v);
    adam_ = make_optimizer("adam", Options(), parameters_);
  }

  void step() {
    adam_->zero_grad();
    const RecurrentResult result = layer_.run(input_.x, input_.state, input_.padding);
    const Variable loss = mse_loss(head_.forward(result.output), target_, input_.padding);
    loss.backward();
    clip_norm(parameters_, 1);
    adam_->step(0.01);
  }

 private:
  Generator generator_;
  Recurrent layer_;
  Linear head_;
  std::vector<Variable> parameters_;
  test::RecurrentInput input_;
  Tensor target_;
  std::unique_ptr<Optimizer> adam_;
};

TEST_P(RecurrentAllocation, WarmedTrainingStep) {
  for (int threads : {1, 2}) {
    const test::Threads scope(threads);
    Training training(GetParam());
    for (int i = 0; i < 3; ++i) training.step();
    const test::AllocationCounter counter;
    for (int i = 0; i < 5; ++i) training.step();
    const int64_t count = counter.count();
    EXPECT_EQ(count, 0) << threads << " threads; " << test::reproduce();
  }
}

TEST_P(RecurrentAllocation, Prediction) {
  const RecurrentCase& row = GetParam();
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const test::RecurrentInput input = test::make_input(row, DType::f32);
  const NoGrad off;
  for (int i = 0; i < 2; ++i) layer.run(input.x, input.state, input.padding);
  const test::AllocationCounter counter;
  for (int i = 0; i < 3; ++i) layer.run(input.x, input.state, input.padding);
  const int64_t count = counter.count();
  EXPECT_EQ(count, 0) << test::reproduce();
}

TEST_P(RecurrentAllocation, StepFromTheFirstOne) {
  RecurrentCase row = GetParam();
  row.options.direction = DirectionOf::forward;
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const Tensor x = test::draw({row.batch, row.options.input_size}, DType::f32, 4);
  Tensor y({row.batch, layer.output_size(0)});
  RecurrentStream stream(layer, row.batch);
  const test::AllocationCounter counter;
  for (int i = 0; i < 5; ++i) stream.step(x.data<float>(), y.data<float>());
  const int64_t count = counter.count();
  EXPECT_EQ(count, 0) << test::reproduce();
}

std::vector<RecurrentCase> allocation_cases() {
  return test::for_every_cell({
      {"one_row", [](RecurrentCase& row) { set_sizes(row, 1, 16); }},
      {"rows_ragged_stacked_state",
       [](RecurrentCase& row) {
         set_sizes(row, 40, 9);
         row.ragged = Ragged::right;
         row.options.num_layers = 2;
         row.given_state = true;
       }},
      {"units_both_ragged",
       [](RecurrentCase& row) {
         set_sizes(row, 4, 130);
         row.ragged = Ragged::left;
         row.options.direction = DirectionOf::both;
       }},
      {"units", [](RecurrentCase& row) { set_sizes(row, 4, 160); }},
  });
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentAllocation, testing::ValuesIn(allocation_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
