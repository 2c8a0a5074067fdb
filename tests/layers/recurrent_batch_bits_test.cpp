// A row's bits depend on the row alone: not on the rows beside it, its padding, or its place.
// Its gradients do in all but the last bits: with few rows their sums are taken in another order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "recurrent_case.h"
#include "sluice/autograd/arrange.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

void set_sizes(RecurrentCase& row, int batch, int steps, int input_size, int hidden_size) {
  row.batch = batch;
  row.steps = steps;
  row.options.input_size = input_size;
  row.options.hidden_size = hidden_size;
  row.options.batch_first = true;
  row.given_state = true;
}

std::vector<RecurrentCase> batch_cases() {
  return test::for_every_cell({
      {"rows", [](RecurrentCase& row) { set_sizes(row, 35, 5, 3, 20); }},
      {"rows_ragged_right",
       [](RecurrentCase& row) {
         set_sizes(row, 35, 6, 3, 20);
         row.ragged = Ragged::right;
       }},
      {"rows_ragged_left_both_stacked",
       [](RecurrentCase& row) {
         set_sizes(row, 35, 4, 3, 16);
         row.ragged = Ragged::left;
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
       }},
      {"units_ragged_reverse",
       [](RecurrentCase& row) {
         set_sizes(row, 7, 5, 40, 150);
         row.ragged = Ragged::right;
         row.options.direction = DirectionOf::reverse;
       }},
  });
}

/// Largest difference in terms of the largest number. A sum taken in another order differs by a
/// unit in the last place (6e-8) a term or so: 4e-6 is 64 of them, over two layers.
double deviation(const Tensor& a, const Tensor& b) {
  double largest = 0, difference = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    largest = std::max(largest, std::abs(a.item(i)));
    difference = std::max(difference, std::abs(a.item(i) - b.item(i)));
  }
  return difference == 0 ? 0 : difference / largest;
}

class RecurrentBatchBits : public testing::TestWithParam<RecurrentCase> {
 protected:
  int length(int b) const {
    return input_.padding.lengths.empty() ? row_.steps
                                          : input_.padding.lengths[static_cast<size_t>(b)];
  }
  Variable true_steps(const Variable& sequence, int b) const {
    const int first = input_.padding.left ? row_.steps - length(b) : 0;
    return slice(slice(sequence, 0, b, b + 1), 1, first, first + length(b));
  }
  static Variable row_of_state(const Variable& state, int b) { return slice(state, 1, b, b + 1); }

  struct RowResult {
    NamedTensors values, gradients;
  };
  /// What belongs to row b of a run, over all rows or over it alone.
  RowResult of_row(const RecurrentResult& result, const test::RecurrentInput& input, int b,
                   bool alone) const {
    const int at = alone ? 0 : b;
    const auto steps = [&](const Tensor& t) {
      return alone ? t : true_steps(Variable(t), b).value();
    };
    RowResult found = {{{"output", steps(result.output.value())}},
                       {{"gradient of x", steps(input.x.grad())}}};
    for (const Variable& state : result.state.values)
      if (state.defined())
        found.values.emplace_back("state", row_of_state(Variable(state.value()), at).value());
    for (const Variable& state : input.state.values)
      if (state.defined())
        found.gradients.emplace_back("gradient of a state",
                                     row_of_state(Variable(state.grad()), at).value());
    return found;
  }

  /// Row b's own run, its gradients those that arrived at it in the batch.
  RowResult run_alone(int b, const Tensor& output_gradient) const {
    test::RecurrentInput own;
    own.x = Variable(true_steps(input_.x.detach(), b).value().clone(), true);
    for (int k = 0; k < max_states; ++k)
      if (input_.state.values[k].defined())
        own.state.values[k] =
            Variable(row_of_state(input_.state.values[k].detach(), b).value().clone(), true);
    const RecurrentResult result = layer_.run(own.x, own.state);
    result.output.backward(true_steps(Variable(output_gradient), b).value().clone());
    return of_row(result, own, b, true);
  }

  const test::Threads scope_{1};
  const RecurrentCase& row_ = GetParam();
  const Recurrent layer_ = test::make_recurrent_layer(row_, DType::f32);
  const test::RecurrentInput input_ = test::make_input(row_, DType::f32);
};

TEST_P(RecurrentBatchBits, EachRowAlone) {
  const RecurrentResult all = layer_.run(input_.x, input_.state, input_.padding);
  const Tensor gradient = test::draw(all.output.shape(), DType::f32, 5);
  all.output.backward(gradient);
  for (int b = 0; b < row_.batch; ++b) {
    const RowResult beside = of_row(all, input_, b, false), alone = run_alone(b, gradient);
    ASSERT_EQ(test::first_difference(beside.values, alone.values), "")
        << "row " << b << " of length " << length(b) << "; " << test::reproduce();
    for (size_t i = 0; i < alone.gradients.size(); ++i)
      ASSERT_LE(deviation(beside.gradients[i].second, alone.gradients[i].second), 4e-6)
          << alone.gradients[i].first << " of row " << b << "; " << test::reproduce();
  }
}

TEST_P(RecurrentBatchBits, ThreeRowsInAnotherOrder) {
  const NoGrad off;
  const RecurrentResult all = layer_.run(input_.x, input_.state, input_.padding);
  const int chosen[] = {5, 1, 6};
  test::RecurrentInput three;
  std::vector<Variable> x, state[max_states];
  for (int b : chosen) {
    x.push_back(slice(input_.x, 0, b, b + 1));
    if (!input_.padding.lengths.empty()) three.padding.lengths.push_back(length(b));
    for (int k = 0; k < max_states; ++k)
      if (input_.state.values[k].defined())
        state[k].push_back(row_of_state(input_.state.values[k], b));
  }
  three.padding.left = input_.padding.left;
  for (int k = 0; k < max_states; ++k)
    if (!state[k].empty()) three.state.values[k] = concat(state[k], 1);
  const RecurrentResult few = layer_.run(concat(x, 0), three.state, three.padding);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(test::first_difference(slice(all.output, 0, chosen[i], chosen[i] + 1).value(),
                                     slice(few.output, 0, i, i + 1).value()),
              "")
        << test::reproduce();
    for (int k = 0; k < max_states && all.state.values[k].defined(); ++k)
      EXPECT_EQ(test::first_difference(row_of_state(all.state.values[k], chosen[i]).value(),
                                       row_of_state(few.state.values[k], i).value()),
                "")
          << test::reproduce();
  }
}

TEST_P(RecurrentBatchBits, LengthsThatAreAllFullChangeNothing) {
  RecurrentCase full = row_;
  full.ragged = Ragged::none;
  const test::RecurrentInput input = test::make_input(full, DType::f32);
  Padding padding;
  padding.lengths.assign(static_cast<size_t>(full.batch), full.steps);
  const NoGrad off;
  const RecurrentResult plain = layer_.run(input.x, input.state);
  const RecurrentResult listed = layer_.run(input.x, input.state, padding);
  EXPECT_EQ(test::first_difference(plain.output.value(), listed.output.value()), "")
      << test::reproduce();
  for (int k = 0; k < max_states && plain.state.values[k].defined(); ++k)
    EXPECT_EQ(test::first_difference(plain.state.values[k].value(), listed.state.values[k].value()),
              "")
        << test::reproduce();
}

// A step that a mask leaves out might as well not be there; held outputs repeat the last real one.
TEST(RecurrentBatchBits, GapsAreAsIfTheStepsWereNotThere) {
  for (const std::string& cell : cell_names()) {
    RecurrentCase row;
    row.options.cell = cell;
    row.options.input_size = 1;
    row.options.hidden_size = 0;
    test::resize(row, 9);
    row.options.batch_first = true;
    const bool holds = find_cell(cell).info.below == 0;
    if (holds) row.options.padded_output = PaddedOutput::hold;
    const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
    const Variable x(test::draw({1, 6, row.options.input_size}, DType::f32, 3));
    const RecurrentResult gaps = layer.run(x, {}, masked({0, 1, 1, 0, 1, 0}, 6));
    const Variable dense = concat({slice(x, 1, 1, 3), slice(x, 1, 4, 5)}, 1);
    const RecurrentResult alone = layer.run(dense);
    const auto same = [&](const Variable& a, const Variable& b) {
      EXPECT_EQ(test::first_difference(a.value(), b.value()), "") << cell;
    };
    same(slice(gaps.output, 1, 1, 3), slice(alone.output, 1, 0, 2));
    same(slice(gaps.output, 1, 4, 5), slice(alone.output, 1, 2, 3));
    if (holds) {
      same(slice(gaps.output, 1, 3, 4), slice(alone.output, 1, 1, 2));
      same(slice(gaps.output, 1, 5, 6), slice(alone.output, 1, 2, 3));
    }
    for (size_t k = 0; k < layer.cell().states.size(); ++k)
      same(gaps.state.values[k], alone.state.values[k]);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentBatchBits, testing::ValuesIn(batch_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
