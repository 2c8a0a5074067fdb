// A stack's bits: for any number of threads, cut in two, step by step, and after loading.
#include <gtest/gtest.h>

#include "sluice/autograd/arrange.h"
#include "stacked_case.h"

namespace sluice {
namespace {

using test::StackedCase;

/// Six times as wide and so many rows that threads have something to share; widths that agree still
/// do.
std::vector<StackedCase> wide_cases() {
  std::vector<StackedCase> rows = test::stacked_cases();
  std::erase_if(rows, [](const StackedCase& row) { return row.options.layer.batch_first; });
  for (StackedCase& row : rows) {
    row.batch = 50;
    row.options.layer.input_size *= 6;
    row.options.layer.hidden_size *= 6;
    row.options.layer.structure.projection *= 6;
    for (int& size : row.options.hidden_sizes) size *= 6;
  }
  return rows;
}

class StackedThreadBits : public testing::TestWithParam<StackedCase> {};

TEST_P(StackedThreadBits, OutputsStatesAndGradients) {
  NamedTensors alone;
  for (const int threads : {1, 2, 3}) {
    const test::Threads scope(threads);
    StackedCase row = GetParam();
    row.options.output_dropout = 0.25;
    StackedRecurrent stack = test::make_stack(row, DType::f32);
    const test::StackedInput input = test::make_input(row, DType::f32);
    const StackedResult result = stack.run_layers(input.x, input.states, input.padding);
    NamedTensors found = test::values(result);
    const Variable all = test::joined(result);
    all.backward(test::draw(all.shape(), DType::f32, 5));
    found.emplace_back("gradient of x", input.x.grad().clone());
    for (auto& named : stack.gradients()) found.push_back(std::move(named));
    if (threads == 1) alone = found;
    EXPECT_EQ(test::first_difference(alone, found), "")
        << threads << " threads; " << test::reproduce();
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, StackedThreadBits, testing::ValuesIn(wide_cases()),
                         [](const auto& row) { return row.param.name; });

class StackedSequenceBits : public testing::TestWithParam<StackedCase> {
 protected:
  const NoGrad off_;
  const StackedCase& row_ = GetParam();
  StackedRecurrent stack_ = test::make_stack(row_, DType::f32);
  const test::StackedInput input_ = test::make_input(row_, DType::f32);
  const NamedTensors whole_ = test::values(stack_.run_layers(input_.x, input_.states));
};

TEST_P(StackedSequenceBits, CutInTwo) {
  for (int cut = 1; cut < row_.steps; ++cut) {
    const StackedResult first = stack_.run_layers(slice(input_.x, 0, 0, cut), input_.states);
    StackedResult second = stack_.run_layers(slice(input_.x, 0, cut, row_.steps), first.states);
    second.output = concat({first.output, second.output}, 0);
    EXPECT_EQ(test::first_difference(whole_, test::values(second)), "")
        << "cut at " << cut << "; " << test::reproduce();
  }
}

TEST_P(StackedSequenceBits, StepByStep) {
  StackedStream stream(stack_, row_.batch);
  stream.set_states(input_.states);
  const auto run = [&](StackedStream& from) {
    StackedResult steps = {Variable(Tensor(whole_[0].second.shape())), {}};
    const int64_t in = input_.x.value().numel() / row_.steps;
    const int64_t out = steps.output.value().numel() / row_.steps;
    for (int t = 0; t < row_.steps; ++t)
      from.step(input_.x.value().data<float>() + t * in,
                steps.output.value().data<float>() + t * out);
    steps.states = from.states();
    return steps;
  };
  const StackedResult steps = run(stream);
  EXPECT_EQ(test::first_difference(whole_, test::values(steps)), "") << test::reproduce();

  // A stream taken up from its states goes on as if it had not been put down.
  StackedStream other(stack_, row_.batch);
  other.set_states(steps.states);
  EXPECT_EQ(test::first_difference(test::values(run(stream)), test::values(run(other))), "")
      << test::reproduce();
  other.reset();
  EXPECT_EQ(
      test::first_difference(test::values(stack_.run_layers(input_.x)), test::values(run(other))),
      "")
      << test::reproduce();
}

INSTANTIATE_TEST_SUITE_P(Ways, StackedSequenceBits, testing::ValuesIn(test::streamed_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
