// Gradients in shapes too large for an element-by-element check: along random directions.
// Each shape is chosen for a path of the engine that the small ones do not take.
#include <gtest/gtest.h>

#include <cmath>

#include "recurrent_case.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

void set_sizes(RecurrentCase& row, int batch, int steps, int input_size, int hidden_size) {
  row.batch = batch;
  row.steps = steps;
  row.options.input_size = input_size;
  row.options.hidden_size = hidden_size;
}

std::vector<RecurrentCase> slope_cases() {
  std::vector<RecurrentCase> rows = test::for_every_cell({
      {"units_shared",
       [](RecurrentCase& row) {
         set_sizes(row, 4, 4, 3, 160);
         row.given_state = true;
       }},
      {"units_shared_because_of_the_cache",
       [](RecurrentCase& row) { set_sizes(row, 9, 2, 20, 320); }},
      {"units_shared_both_ragged",
       [](RecurrentCase& row) {
         set_sizes(row, 5, 4, 3, 130);
         row.options.direction = DirectionOf::both;
         row.ragged = Ragged::left;
       }},
      {"slices", [](RecurrentCase& row) { set_sizes(row, 50, 6, 5, 24); }},
      {"slices_ragged_both_stacked",
       [](RecurrentCase& row) {
         set_sizes(row, 40, 7, 5, 9);
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.ragged = Ragged::right;
       }},
      {"one_row_of_many_steps", [](RecurrentCase& row) { set_sizes(row, 1, 300, 2, 5); }},
      {"two_rows_of_many_steps_ragged",
       [](RecurrentCase& row) {
         set_sizes(row, 2, 150, 2, 20);
         row.ragged = Ragged::right;
       }},
      {"wide_input", [](RecurrentCase& row) { set_sizes(row, 3, 3, 71, 9); }},
      {"chains_in_blocks", [](RecurrentCase& row) { set_sizes(row, 40, 2, 130, 126); }},
  });
  // Steps this long pass over the kinks of so many units.
  std::erase_if(
      rows, [](const RecurrentCase& row) { return find_cell(row.options.cell).info.uses.kinks; });
  return rows;
}

double weighted(const Variable& result, const Tensor& weights) {
  double total = 0;
  for (int64_t i = 0; i < weights.numel(); ++i) total += weights.item(i) * result.value().item(i);
  return total;
}

/// A direction of length 1 within the parameters: none in places that hold no parameter, which
/// are those where `gradient` is exactly zero.
Tensor direction_for(const Tensor& gradient, uint64_t seed) {
  Tensor direction = test::draw(gradient.shape(), DType::f64, seed);
  double square = 0;
  for (int64_t i = 0; i < gradient.numel(); ++i) {
    double& number = direction.data<double>()[i];
    if (gradient.item(i) == 0) number = 0;
    square += number * number;
  }
  for (double& number : direction.values<double>()) number /= std::sqrt(square);
  return direction;
}

class RecurrentSlope : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentSlope, Double) {
  const RecurrentCase& row = GetParam();
  const test::Threads scope(1);
  const Recurrent layer = test::make_recurrent_layer(row, DType::f64);
  const test::RecurrentInput input = test::make_input(row, DType::f64);
  const auto run = [&] { return test::joined(layer.run(input.x, input.state, input.padding)); };
  const Variable result = run();
  const Tensor weights = test::draw(result.shape(), DType::f64, 3);
  result.backward(weights);

  std::vector<Variable> leaves = layer.parameters();
  leaves.push_back(input.x);
  for (size_t k = 0; k < layer.cell().states.size(); ++k)
    if (input.state.values[k].defined() && layer.cell().reads_state[k])
      leaves.push_back(input.state.values[k]);
  const NoGrad off;
  for (size_t n = 0; n < leaves.size(); ++n) {
    Variable& leaf = leaves[n];
    const Tensor direction = direction_for(leaf.grad(), 40 + n), centre = leaf.value().clone();
    double analytic = 0;
    for (int64_t i = 0; i < centre.numel(); ++i)
      analytic += leaf.grad().item(i) * direction.item(i);
    const auto at = [&](double offset) {
      for (int64_t i = 0; i < centre.numel(); ++i)
        leaf.value().data<double>()[i] = centre.item(i) + offset * direction.item(i);
      const double value = weighted(run(), weights);
      leaf.value().copy_from(centre);
      return value;
    };
    // A norm of a few units that are almost equal bends sharply.
    const bool bends = !layer.cell().norms.empty() && row.options.hidden_size < 9;
    const double step = bends ? 2e-6 : 3e-4;
    const double near = at(step) - at(-step), far = at(2 * step) - at(-2 * step);
    const double numeric = (8 * near - far) / (12 * step);
    EXPECT_NEAR(analytic, numeric, 1e-7 * std::max(1.0, std::abs(numeric)))
        << "leaf " << n << " of shape " << centre.shape().to_string() << "; " << test::reproduce();
    EXPECT_GT(std::abs(analytic), 0) << "leaf " << n << "; " << test::reproduce();
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentSlope, testing::ValuesIn(slope_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
