// What a stack gives back: outputs of all steps, the last one or none, and states beside each.
#include <gtest/gtest.h>

#include "sluice/autograd/arrange.h"
#include "stacked_case.h"

namespace sluice {
namespace {

// Keras' return_sequences and return_state: the output of all steps or the last one, and the
// states, of which the first is that output.
TEST(StackedOutputs, KerasFourCombinations) {
  for (const std::string cell : {"lstm", "gru"})
    for (const bool sequences : {false, true}) {
      StackedOptions o;
      o.layer = {.cell = cell, .input_size = 3, .hidden_size = 4, .batch_first = true};
      o.layer.outputs = sequences ? Outputs::all : Outputs::last;
      Generator generator(1);
      StackedRecurrent stack(o, generator);
      const NoGrad off;
      Tensor x({2, 5, 3});
      generator.uniform(x.values<float>(), -1, 1);
      const RecurrentResult result = stack.run(Variable(x));
      EXPECT_EQ(result.output.shape(), sequences ? (Shape{2, 5, 4}) : (Shape{2, 4}));
      EXPECT_EQ(result.state.c().defined(), cell == "lstm");
      for (int64_t b = 0; b < 2; ++b)
        for (int64_t u = 0; u < 4; ++u)
          EXPECT_EQ(result.state.h().value().item(b * 4 + u),
                    result.output.value().item(sequences ? (b * 5 + 4) * 4 + u : b * 4 + u));
    }
}

TEST(StackedOutputs, StatesAloneAreThoseOfTheWholeResult) {
  StackedOptions o;
  o.layer = {.cell = "lstm", .input_size = 3, .hidden_size = 4, .num_layers = 2};
  Generator one(1), other(1);
  StackedRecurrent whole(o, one);
  o.layer.outputs = Outputs::none;
  StackedRecurrent states(o, other);
  const NoGrad off;
  const Variable x(Tensor::full({5, 2, 3}, 0.5));
  const RecurrentResult result = states.run(x);
  EXPECT_FALSE(result.output.defined());
  const Tensor wanted = whole.run(x).state.c().value(), found = result.state.c().value();
  for (int64_t i = 0; i < wanted.numel(); ++i) EXPECT_EQ(wanted.item(i), found.item(i));
}

TEST(StackedOutputs, OneStateIsTheLayersBehindOneAnother) {
  for (const test::StackedCase& row : test::stacked_cases()) {
    if (!row.options.hidden_sizes.empty()) continue;
    StackedRecurrent stack = test::make_stack(row, DType::f32);
    const test::StackedInput input = test::make_input(row, DType::f32);
    const NoGrad off;
    const auto behind = [](const std::vector<RecurrentState>& layers) {
      RecurrentState all;
      for (int k = 0; k < max_states; ++k) {
        std::vector<Variable> parts;
        for (const RecurrentState& layer : layers)
          if (layer.values[k].defined()) parts.push_back(layer.values[k]);
        if (!parts.empty()) all.values[k] = concat(parts, 0);
      }
      return all;
    };
    const StackedResult own = stack.run_layers(input.x, input.states, input.padding);
    const RecurrentResult one = stack.run(input.x, behind(input.states), input.padding);
    EXPECT_EQ(test::first_difference(own.output.value(), one.output.value()), "") << row.name;
    const RecurrentState wanted = behind(own.states);
    for (int k = 0; k < max_states; ++k) {
      ASSERT_EQ(wanted.values[k].defined(), one.state.values[k].defined()) << row.name;
      if (!wanted.values[k].defined()) continue;
      EXPECT_EQ(test::first_difference(wanted.values[k].value(), one.state.values[k].value()), "")
          << row.name;
    }
  }
}

}  // namespace
}  // namespace sluice
