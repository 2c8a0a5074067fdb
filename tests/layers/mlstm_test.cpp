// The mLSTM: gradients, the same bits however a sequence is run, its names, sizes and refusals.
#include <gtest/gtest.h>

#include <cmath>

#include "mlstm_case.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/base/error.h"
#include "sluice/layers/registry.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

using test::MlstmCase;
using test::Ragged;

MlstmOptions sizes(int input_size, int hidden_size, int heads) {
  MlstmOptions o;
  o.input_size = input_size;
  o.hidden_size = hidden_size;
  o.heads = heads;
  o.batch_first = true;
  return o;
}

/// d of 1, 3, 4 and 5: less than a vector, odd rows, whole vectors. 7 steps are three segments.
std::vector<MlstmCase> cases() {
  std::vector<MlstmCase> rows = {
      {"plain", sizes(2, 5, 1)},
      {"one_of_each", sizes(1, 1, 1), 1, 1},
      {"heads_state", sizes(3, 6, 2), 2, 7, Ragged::none, true},
      {"units_as_heads", sizes(2, 4, 4), 2, 3, Ragged::none, true},
      {"whole_vectors", sizes(2, 8, 2), 2, 5},
      {"ragged_right", sizes(2, 6, 2), 4, 7, Ragged::right, true},
      {"ragged_left", sizes(2, 6, 2), 4, 7, Ragged::left, true},
      {"step_first", sizes(2, 6, 2), 3, 5, Ragged::none, true},
      {"step_first_ragged", sizes(2, 6, 2), 4, 6, Ragged::left},
      {"last", sizes(2, 6, 2), 3, 5, Ragged::none, true},
      {"last_ragged", sizes(2, 6, 2), 4, 7, Ragged::left},
      {"no_gate_no_bias", sizes(2, 6, 2), 3, 5, Ragged::right, true},
  };
  for (MlstmCase& row : rows) {
    row.options.batch_first = !row.name.starts_with("step_first");
    row.options.outputs = row.name.starts_with("last") ? Outputs::last : Outputs::all;
    row.options.output_gate = row.options.bias = !row.name.starts_with("no_gate");
  }
  return rows;
}

class MlstmVariant : public testing::TestWithParam<MlstmCase> {};

TEST_P(MlstmVariant, GradientsAgreeWithDifferences) {
  const MlstmCase& row = GetParam();
  const Mlstm layer = test::make_mlstm_layer(row.options, DType::f64);
  test::MlstmInput input = test::make_mlstm_input(row, DType::f64);
  std::vector<Variable> leaves = layer.parameters();
  for (const Variable& state : test::parts_of(input.state)) leaves.push_back(state);
  leaves.push_back(input.x);
  const GradientCheck check = check_gradients(
      [&] { return test::joined(layer.run(input.x, input.state, input.padding)); }, leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where << "; " << test::reproduce();
}

INSTANTIATE_TEST_SUITE_P(Gradients, MlstmVariant, testing::ValuesIn(cases()),
                         [](const auto& row) { return row.param.name; });

// Input gates far open make |n q| the denominator, far shut ones exp(-m).
TEST(MlstmGradient, OnEitherSideOfTheDenominator) {
  for (double bias : {6., -6.}) {
    Mlstm layer = test::make_mlstm_layer(sizes(2, 6, 2), DType::f64);
    NamedTensors state = layer.state();
    for (auto& [name, tensor] : state)
      if (name == "input_gate.bias") tensor.fill(bias);
    layer.load_state(state);
    const Variable x(test::draw({2, 5, 2}, DType::f64, 11), true);
    std::vector<Variable> leaves = layer.parameters();
    leaves.push_back(x);
    const GradientCheck check = check_gradients([&] { return test::joined(layer.run(x)); }, leaves);
    EXPECT_LE(check.deviation, 1e-7) << bias << ": " << check.where;
  }
}

NamedTensors run_and_differentiate(const MlstmCase& row, DType dtype) {
  const Mlstm layer = test::make_mlstm_layer(row.options, dtype);
  const test::MlstmInput input = test::make_mlstm_input(row, dtype);
  const MlstmResult result = layer.run(input.x, input.state, input.padding);
  const Variable all = test::joined(result);
  NamedTensors found = {{"result", all.value().clone()}};
  all.backward(test::draw(all.shape(), dtype, 5));
  found.emplace_back("gradient of x", input.x.grad().clone());
  for (const Variable& state : test::parts_of(input.state))
    found.emplace_back("gradient of a state", state.grad().clone());
  for (auto& [name, gradient] : layer.gradients()) found.emplace_back(name, gradient);
  return found;
}

TEST(MlstmBits, AnyNumberOfThreads) {
  for (Ragged ragged : {Ragged::none, Ragged::right, Ragged::left}) {
    const MlstmCase row = {"", sizes(5, 48, 2), 13, 11, ragged, true};
    for (DType dtype : {DType::f32, DType::f64}) {
      NamedTensors alone;
      for (int threads : {1, 2, 3, 5}) {
        const test::Threads scope(threads);
        NamedTensors found = run_and_differentiate(row, dtype);
        if (threads == 1) alone = found;
        EXPECT_EQ(test::first_difference(alone, found), "") << threads << " threads";
      }
    }
  }
}

TEST(MlstmBits, StepByStepAndInTwoParts) {
  for (int hidden_size : {6, 40}) {
    const MlstmCase row = {"", sizes(3, hidden_size, 2), 3, 9, Ragged::none, true};
    const Mlstm layer = test::make_mlstm_layer(row.options, DType::f32);
    const test::MlstmInput input = test::make_mlstm_input(row, DType::f32);
    const MlstmResult whole = layer.run(input.x, input.state);
    const MlstmResult begin = layer.run(slice(input.x, 1, 0, 4), input.state);
    const MlstmResult end = layer.run(slice(input.x, 1, 4, 9), begin.state);
    MlstmState state = input.state;
    std::vector<Variable> outputs;
    for (int t = 0; t < row.steps; ++t) {
      const MlstmResult result = layer.step(select(input.x, 1, t), state);
      outputs.push_back(reshape(result.output, {row.batch, 1, hidden_size}));
      state = result.state;
    }
    const Tensor wanted = test::joined(whole).value();
    const Variable parts = concat({begin.output, end.output}, 1);
    EXPECT_EQ(test::first_difference(test::joined({parts, end.state}).value(), wanted), "");
    EXPECT_EQ(test::first_difference(test::joined({concat(outputs, 1), state}).value(), wanted),
              "");
  }
}

// A row alone, without padding, gives what it gives in a ragged batch; behind it there are zeros.
TEST(MlstmBits, RowsDoNotMeet) {
  for (Ragged ragged : {Ragged::right, Ragged::left}) {
    const MlstmCase row = {"", sizes(3, 10, 2), 5, 7, ragged, true};
    MlstmOptions of_last = row.options;
    of_last.outputs = Outputs::last;
    const Mlstm layer = test::make_mlstm_layer(row.options, DType::f32);
    const Mlstm last = test::make_mlstm_layer(of_last, DType::f32);
    const test::MlstmInput input = test::make_mlstm_input(row, DType::f32);
    const Variable output = layer.run(input.x, input.state, input.padding).output;
    const Variable ends = last.run(input.x, input.state, input.padding).output;
    for (int b = 0; b < row.batch; ++b) {
      const int length = input.padding.lengths[b];
      const int first = ragged == Ragged::left ? row.steps - length : 0;
      const auto own = [&](const Variable& v) { return slice(v, 0, b, b + 1); };
      const MlstmState state = {own(input.state.memory), own(input.state.normalizer),
                                own(input.state.stabilizer)};
      const Variable x = slice(own(input.x), 1, first, first + length);
      const Tensor alone = layer.run(x, state).output.value();
      const Variable seen = slice(own(output), 1, first, first + length);
      EXPECT_EQ(test::first_difference(seen.value(), alone), "") << b;
      EXPECT_EQ(test::first_difference(own(ends).value(), select(Variable(alone), 1, -1).value()),
                "")
          << b;
      const int padded = ragged == Ragged::left ? 0 : length;
      const Tensor zeros = slice(own(output), 1, padded, padded + row.steps - length).value();
      for (int64_t i = 0; i < zeros.numel(); ++i) EXPECT_EQ(zeros.item(i), 0);
    }
  }
}

// exp(-m) overflows where both gates are shut: the result is 0, and no gradient is NaN.
TEST(Mlstm, ShutGatesGiveZeroNotNaN) {
  Mlstm layer = test::make_mlstm_layer(sizes(2, 4, 1), DType::f32);
  NamedTensors state = layer.state();
  for (auto& [name, tensor] : state)
    if (name == "input_gate.bias" || name == "forget_gate.bias") tensor.fill(-200);
  layer.load_state(state);
  const Variable x(test::draw({2, 6, 2}, DType::f32, 3), true);
  const MlstmResult result = layer.run(x);
  const Variable all = reshape(result.output, {result.output.value().numel()});
  all.backward(Tensor::full(all.shape(), 1));
  for (int64_t i = 0; i < all.value().numel(); ++i) EXPECT_EQ(all.value().item(i), 0);
  for (const auto& [name, gradient] : layer.gradients())
    for (int64_t i = 0; i < gradient.numel(); ++i)
      EXPECT_TRUE(std::isfinite(gradient.item(i))) << name;
}

TEST(Mlstm, CountsNamesAndFirstValues) {
  Generator generator(3);
  const Mlstm layer(sizes(3, 8, 4), generator);
  // Four projections, two gates of four heads each.
  EXPECT_EQ(layer.parameter_count(), 4 * (8 * 3 + 8) + 2 * (4 * 3 * 8 + 4));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : layer.state()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"q.weight", "q.bias", "k.weight", "k.bias", "v.weight",
                                             "v.bias", "output_gate.weight", "output_gate.bias",
                                             "input_gate.weight", "input_gate.bias",
                                             "forget_gate.weight", "forget_gate.bias"}));
  const NamedTensors state = layer.state();
  for (int h = 0; h < 4; ++h) EXPECT_EQ(state[11].second.item(h), 3 + h);
  EXPECT_EQ(state[8].second.item(5), 0);
  EXPECT_NE(state[9].second.item(0), 0);
  EXPECT_LT(std::abs(state[9].second.item(0)), 0.6);
  MlstmOptions plain = sizes(3, 8, 4);
  plain.bias = plain.output_gate = false;
  EXPECT_EQ(Mlstm(plain, generator).parameter_count(), 3 * 8 * 3 + 2 * (4 * 3 * 8 + 4));
}

TEST(Mlstm, StateGoesRound) {
  const MlstmCase row = {"", sizes(3, 8, 2)};
  const Mlstm layer = test::make_mlstm_layer(row.options, DType::f32);
  Generator generator(99);
  Mlstm other(row.options, generator);
  other.load_state(layer.state());
  const Variable x = test::make_mlstm_input(row, DType::f32).x;
  EXPECT_EQ(test::first_difference(layer.run(x).output.value(), other.run(x).output.value()), "");
}

TEST(Mlstm, StacksByOption) {
  Options options;
  options.set("hidden_size", "8");
  options.set("heads", "2");
  options.set("num_layers", "2");
  Generator generator(3);
  const auto stack = make_layer("mlstm", options, 3, generator);
  EXPECT_EQ(stack->forward(Variable(test::draw({2, 5, 3}, DType::f32, 1))).shape().to_string(),
            "[2,8]");
  EXPECT_EQ(stack->state()[0].first, "0.q.weight");
  EXPECT_EQ(stack->output_size(3), 8);
}

template <class F>
std::string failure(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.id + " " + error.where + ": " + error.message;
  }
  return "nothing was thrown";
}

TEST(Mlstm, RefusesWhatDoesNotFit) {
  Generator generator(1);
  EXPECT_EQ(failure([&] { Mlstm(sizes(3, 10, 4), generator); }),
            "layer.heads mlstm.heads: 10 units do not part into 4 equal heads");
  EXPECT_EQ(failure([&] { Mlstm(sizes(3, 0, 1), generator); }).substr(0, 28),
            "layer.size mlstm.hidden_size");
  const Mlstm layer(sizes(3, 8, 2), generator);
  const Variable x(test::draw({2, 5, 3}, DType::f32, 1));
  EXPECT_EQ(failure([&] { layer.run(Variable(Tensor({2, 5, 4}))); }).substr(0, 11), "layer.shape");
  EXPECT_EQ(failure([&] { layer.run(x, {Variable(Tensor({2, 2, 4, 3})), {}, {}}); }).substr(0, 11),
            "layer.shape");
  EXPECT_EQ(failure([&] { layer.run(Variable(x.value().to(DType::f64))); }).substr(0, 11),
            "layer.dtype");
  EXPECT_EQ(failure([&] { layer.run(x, {}, {.lengths = {5, 6}}); }).substr(0, 13), "layer.lengths");
  EXPECT_EQ(failure([&] { layer.step(x, {}); }).substr(0, 11), "layer.shape");
}

TEST(Mlstm, WarmedCallsDoNotAllocate) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "a sanitizer brings a heap of its own";
  for (int threads : {1, 2}) {
    const test::Threads scope(threads);
    const MlstmCase row = {"", sizes(3, 64, 2), 24, 30, Ragged::right, true};
    const Mlstm layer = test::make_mlstm_layer(row.options, DType::f32);
    const test::MlstmInput input = test::make_mlstm_input(row, DType::f32);
    const Tensor seed = Tensor::full({row.batch, row.steps, 64}, 1);
    const auto train = [&] {
      layer.run(input.x, input.state, input.padding).output.backward(seed);
    };
    for (int i = 0; i < 3; ++i) train();
    const test::AllocationCounter counter;
    for (int i = 0; i < 3; ++i) train();
    EXPECT_EQ(counter.count(), 0) << threads << " threads";
  }
}

}  // namespace
}  // namespace sluice
