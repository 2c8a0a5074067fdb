// A stack of Recurrent's own kind, composed of single layers, is that Recurrent.
#include <gtest/gtest.h>

#include <cmath>

#include "stacked_case.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

std::vector<RecurrentCase> plain_cases() {
  std::vector<RecurrentCase> rows = test::for_every_cell({
      {"stacked", [](RecurrentCase& row) { row.options.num_layers = 3; }},
      {"both_ragged_state",
       [](RecurrentCase& row) {
         row.options.num_layers = 2;
         row.options.direction = DirectionOf::both;
         row.ragged = Ragged::right;
         row.given_state = true;
       }},
      {"hold_reverse_ragged",
       [](RecurrentCase& row) {
         row.options.num_layers = 2;
         row.options.direction = DirectionOf::reverse;
         row.options.padded_output = PaddedOutput::hold;
         row.options.batch_first = true;
         row.ragged = Ragged::left;
       }},
      {"masks",
       [](RecurrentCase& row) {
         row.options.num_layers = 2;
         row.options.direction = DirectionOf::both;
         row.options.dropout.input = 0.3;
         if (find_cell(row.options.cell).info.periods.empty())  // a clock has no zoneout
           row.options.dropout.zoneout_hidden = 0.2;
         row.ragged = Ragged::right;
       }},
      {"last_both_state",
       [](RecurrentCase& row) {
         row.options.num_layers = 2;
         row.options.direction = DirectionOf::both;
         row.options.outputs = Outputs::last;
         row.given_state = true;
       }},
  });
  // Layers that read the memory of the one below are stacked by the recurrent layer alone.
  std::erase_if(
      rows, [](const RecurrentCase& row) { return find_cell(row.options.cell).info.below > 0; });
  return rows;
}

StackedRecurrent composed(const RecurrentCase& row, uint64_t seed, DType dtype) {
  StackedOptions options;
  options.layer = row.options;
  Generator generator(seed);
  StackedRecurrent stack(options, generator);
  stack.to(dtype);
  return stack;
}

NamedTensors values(const RecurrentResult& result) {
  NamedTensors found = {{"output", result.output.value().clone()}};
  for (const Variable& state : result.state.values)
    if (state.defined()) found.emplace_back("state", state.value().clone());
  return found;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (int64_t i = 0; i < a.numel(); ++i)
    largest = std::max(largest, std::abs(a.item(i) - b.item(i)));
  return largest;
}

class StackedPlain : public testing::TestWithParam<RecurrentCase> {};

TEST_P(StackedPlain, TheSameSeedDrawsTheSameParameters) {
  const RecurrentCase& row = GetParam();
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  EXPECT_EQ(test::first_difference(layer.state(), composed(row, 7, DType::f32).state()), "");
}

TEST_P(StackedPlain, EachLoadsTheOthersWeights) {
  const RecurrentCase& row = GetParam();
  Recurrent layer = test::make_recurrent_layer(row, DType::f64);
  StackedRecurrent stack = composed(row, 1234, DType::f64);
  stack.load_state(layer.state());
  const test::RecurrentInput one = test::make_input(row, DType::f64);
  const test::RecurrentInput other = test::make_input(row, DType::f64);
  MaskKey key{5, 2, 7}, same_key = key;
  layer.set_mask_key(key);
  stack.set_mask_key(same_key);
  const RecurrentResult wanted = layer.run(one.x, one.state, one.padding);
  const RecurrentResult found = stack.run(other.x, other.state, other.padding);
  EXPECT_EQ(test::first_difference(values(wanted), values(found)), "") << test::reproduce();

  const Variable all = test::joined(wanted), same = test::joined(found);
  all.backward(test::draw(all.shape(), DType::f64, 5));
  same.backward(test::draw(all.shape(), DType::f64, 5));
  EXPECT_LE(largest_difference(one.x.grad(), other.x.grad()), 1e-12) << test::reproduce();
  for (size_t k = 0; k < layer.cell().states.size(); ++k) {
    if (!one.state.values[k].defined() || !layer.cell().reads_state[k]) continue;
    EXPECT_LE(largest_difference(one.state.values[k].grad(), other.state.values[k].grad()), 1e-12)
        << "state " << k << "; " << test::reproduce();
  }
  const NamedTensors wanted_gradients = layer.gradients(), gradients = stack.gradients();
  ASSERT_EQ(wanted_gradients.size(), gradients.size());
  for (size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_EQ(wanted_gradients[i].first, gradients[i].first);
    EXPECT_LE(largest_difference(wanted_gradients[i].second, gradients[i].second), 1e-12)
        << gradients[i].first << "; " << test::reproduce();
  }

  Generator generator(99);
  Recurrent back(row.options, generator);
  back.to(DType::f64);
  back.load_state(stack.state());
  EXPECT_EQ(test::first_difference(layer.state(), back.state()), "");
}

INSTANTIATE_TEST_SUITE_P(EveryCell, StackedPlain, testing::ValuesIn(plain_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
