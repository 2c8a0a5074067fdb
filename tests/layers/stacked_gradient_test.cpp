// The tape's gradients of every way to stack against difference quotients, in double.
#include <gtest/gtest.h>

#include <cmath>

#include "sluice/autograd/gradient_check.h"
#include "stacked_case.h"

namespace sluice {
namespace {

using test::StackedCase;

/// What flows back to a stack: its parameters, the input, the states that the cell reads.
std::vector<Variable> leaves_of(const StackedRecurrent& stack, const test::StackedInput& input) {
  std::vector<Variable> leaves = stack.parameters();
  leaves.push_back(input.x);
  const CellInfo& cell = stack.layers()[0].cells->cell();
  for (const RecurrentState& layer : input.states)
    for (size_t k = 0; k < cell.states.size(); ++k)
      if (cell.reads_state[k]) leaves.push_back(layer.values[k]);
  return leaves;
}

void check(StackedRecurrent& stack, const StackedCase& row, const test::StackedInput& input) {
  const std::vector<Variable> leaves = leaves_of(stack, input);
  const std::vector<double*> unused = test::unused_places(stack);
  const auto run = [&] {
    for (double* place : unused) *place = 0;
    MaskKey key{3, 1, 0};  // the same masks each time
    stack.set_mask_key(key);
    return test::joined(stack.run_layers(input.x, input.states, input.padding));
  };
  const GradientCheck check = check_gradients(run, leaves);
  EXPECT_LE(check.deviation, 1e-7)
      << row.name << ", " << check.where << ": analytic " << check.analytic << ", numeric "
      << check.numeric << "; " << test::reproduce();
  for (const Variable& leaf : leaves) {  // a check of nothing would pass too
    double largest = 0;
    for (int64_t i = 0; i < leaf.value().numel(); ++i)
      largest = std::max(largest, std::abs(leaf.grad().item(i)));
    EXPECT_GT(largest, 1e-5) << leaf.shape().to_string() << "; " << test::reproduce();
  }
}

/// The order of the axes changes what is picked, not the cell: one cell is enough for it.
std::vector<StackedCase> gradient_cases() {
  std::vector<StackedCase> rows = test::stacked_cases();
  std::erase_if(rows, [](const StackedCase& row) {
    return row.options.layer.batch_first && row.options.layer.cell != "rnn";
  });
  return rows;
}

class StackedGradient : public testing::TestWithParam<StackedCase> {};

TEST_P(StackedGradient, Double) {
  StackedCase row = GetParam();
  row.steps = 5;
  const test::Threads scope(1);
  StackedRecurrent stack = test::make_stack(row, DType::f64);
  check(stack, row, test::make_input(row, DType::f64));
}

INSTANTIATE_TEST_SUITE_P(Ways, StackedGradient, testing::ValuesIn(gradient_cases()),
                         [](const auto& row) { return row.param.name; });

TEST(StackedDropoutGradient, Double) {
  for (const Skip skip : {Skip::none, Skip::residual, Skip::dense}) {
    StackedCase row;
    row.name = "dropout";
    row.options.layer = {.cell = "gru", .input_size = 4, .hidden_size = 4, .num_layers = 3};
    row.options.skip = skip;
    row.options.dropout = row.options.input_dropout = row.options.output_dropout = 0.3;
    StackedRecurrent stack = test::make_stack(row, DType::f64);
    check(stack, row, test::make_input(row, DType::f64));
  }
}

}  // namespace
}  // namespace sluice
