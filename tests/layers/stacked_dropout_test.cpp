// Where a stack drops: between layers as PyTorch, around them as Zaremba, and only while training.
#include <gtest/gtest.h>

#include "sluice/autograd/arithmetic.h"
#include "stacked_case.h"

namespace sluice {
namespace {

StackedOptions options(Skip skip = Skip::none) {
  StackedOptions o;
  o.layer = {.cell = "gru", .input_size = 4, .hidden_size = 4, .num_layers = 2};
  o.skip = skip;
  return o;
}

StackedRecurrent stack_of(const StackedOptions& o) {
  Generator generator(3);
  return StackedRecurrent(o, generator);
}

Variable input() { return Variable(test::draw({9, 5, 4}, DType::f32, 8), true); }

Variable dropped(const Variable& x, double rate, MaskKey key) {
  Dropout dropout(rate);
  dropout.set_mask_key(key);
  return dropout.forward(x);
}

TEST(StackedDropout, FallsWhereItsOptionSays) {
  const Variable x = input();
  for (const Skip skip : {Skip::none, Skip::residual}) {
    StackedOptions o = options(skip);
    o.input_dropout = 0.2;
    o.dropout = 0.4;
    o.output_dropout = 0.6;
    StackedRecurrent stack = stack_of(o);
    MaskKey key{5, 2, 7};
    stack.set_mask_key(key);
    EXPECT_EQ(key.layer, 12u);  // two layers' own masks, then the places below, between, above

    const auto skipped = [&](const Variable& y, const Variable& in) {
      return skip == Skip::residual ? y + in : y;
    };
    const auto& layers = stack.layers();
    const Variable in = dropped(x, 0.2, {5, 2, 9});
    const Variable middle = skipped(dropped(layers[0].cells->run(in).output, 0.4, {5, 2, 10}), in);
    const Variable out =
        dropped(skipped(layers[1].cells->run(middle).output, middle), 0.6, {5, 2, 11});
    EXPECT_EQ(test::first_difference(out.value(), stack.forward(x).value()), "");
  }
}

TEST(StackedDropout, DoesNothingInEvaluation) {
  const Variable x = input();
  StackedOptions o = options();
  const Tensor without = stack_of(o).forward(x).value();
  o.input_dropout = o.dropout = o.output_dropout = 0.5;
  StackedRecurrent stack = stack_of(o);
  EXPECT_NE(test::first_difference(without, stack.forward(x).value()), "");
  stack.eval();
  EXPECT_EQ(test::first_difference(without, stack.forward(x).value()), "");
  stack.train();
  EXPECT_NE(test::first_difference(without, stack.forward(x).value()), "");
}

TEST(StackedDropout, InsideTheRecurrenceFollowsTheModeToo) {
  const Variable x = input();
  StackedOptions o = options();
  o.dilation = {2};
  const Tensor without = stack_of(o).forward(x).value();
  o.layer.dropout.hidden = 0.5;
  StackedRecurrent stack = stack_of(o);
  EXPECT_NE(test::first_difference(without, stack.forward(x).value()), "");
  stack.eval();
  EXPECT_EQ(test::first_difference(without, stack.forward(x).value()), "");
}

TEST(StackedDropout, BetweenLayersLeavesTheOutputWhole) {
  StackedOptions o = options();
  o.dropout = 0.9;
  StackedRecurrent stack = stack_of(o);
  const Tensor y = stack.forward(input()).value();
  for (int64_t i = 0; i < y.numel(); ++i) EXPECT_NE(y.item(i), 0);
  o.dropout = 0;
  o.output_dropout = 0.5;
  StackedRecurrent dropping = stack_of(o);
  const Tensor z = dropping.forward(input()).value();
  int zeros = 0;
  for (int64_t i = 0; i < z.numel(); ++i) zeros += z.item(i) == 0;
  EXPECT_NEAR(zeros / static_cast<double>(z.numel()), 0.5, 0.15);
}

TEST(StackedDropout, MasksOfTwoPlacesDifferBeforeATrainerSetsKeys) {
  StackedOptions o = options();
  o.input_dropout = o.output_dropout = 0.5;
  StackedRecurrent stack = stack_of(o);
  const Variable x(Tensor::full({9, 5, 4}, 1), true);
  const Variable y = stack.forward(x);
  const Tensor below = dropped(x, 0.5, {3, 0, 2}).value();  // the first place's mask
  int different = 0;
  for (int64_t i = 0; i < below.numel(); ++i)
    different += (below.item(i) == 0) != (y.value().item(i) == 0);
  EXPECT_GT(different, 40);
}

}  // namespace
}  // namespace sluice
