// The same bits: for any number of threads, any batch around a row, any order of the axes, and
// whether a sequence is run whole, in parts or step by step.
#include <gtest/gtest.h>

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
}

// Hidden size 160 with four rows makes threads share the units, 50 rows of 24 units the rows.
void share_units(RecurrentCase& row) { set_sizes(row, 4, 5, 3, 160); }
void share_rows(RecurrentCase& row) { set_sizes(row, 50, 6, 3, 24); }

std::vector<RecurrentCase> thread_cases() {
  return test::for_every_cell({
      {"units", share_units},
      {"units_ragged",
       [](RecurrentCase& row) {
         share_units(row);
         row.ragged = Ragged::right;
         row.given_state = true;
       }},
      {"units_both_stacked",
       [](RecurrentCase& row) {
         share_units(row);
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
       }},
      {"rows", share_rows},
      {"rows_ragged",
       [](RecurrentCase& row) {
         share_rows(row);
         row.ragged = Ragged::left;
         row.given_state = true;
       }},
      {"rows_both_stacked_ragged",
       [](RecurrentCase& row) {
         share_rows(row);
         row.ragged = Ragged::right;
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
       }},
  });
}

class RecurrentThreadBits : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentThreadBits, OutputsStatesAndGradients) {
  const RecurrentCase& row = GetParam();
  for (DType dtype : {DType::f32, DType::f64}) {
    NamedTensors alone;
    for (int threads : {1, 2, 3, 5}) {
      const test::Threads scope(threads);
      NamedTensors found = test::run_and_differentiate(row, dtype);
      if (threads == 1) alone = found;
      EXPECT_EQ(test::first_difference(alone, found), "")
          << threads << " threads; " << test::reproduce();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentThreadBits, testing::ValuesIn(thread_cases()),
                         [](const auto& row) { return row.param.name; });

std::vector<RecurrentCase> sequence_cases() {
  return test::for_every_cell({
      {"one_row", [](RecurrentCase& row) { set_sizes(row, 1, 7, 3, 16); }},
      {"one_row_of_odd_size",
       [](RecurrentCase& row) {
         set_sizes(row, 1, 7, 1, 19);
         row.given_state = true;
       }},
      {"three_rows_stacked",
       [](RecurrentCase& row) {
         set_sizes(row, 3, 7, 2, 21);
         row.options.num_layers = 3;
         row.given_state = true;
       }},
      {"many_rows", share_rows},
      {"many_units",
       [](RecurrentCase& row) {
         share_units(row);
         row.options.num_layers = 2;
       }},
      {"many_units_and_rows",  // chains so long that they are run in blocks
       [](RecurrentCase& row) { set_sizes(row, 20, 3, 150, 160); }},
      {"relu_one_bias",
       [](RecurrentCase& row) {
         set_sizes(row, 2, 5, 3, 20);
         row.options.switches.activation = CellSwitches::Activation::relu;
         row.options.biases = 1;
       }},
      {"no_bias",
       [](RecurrentCase& row) {
         set_sizes(row, 5, 5, 3, 20);
         row.options.biases = 0;
       }},
  });
}

/// Outputs and states of one run, without gradients.
NamedTensors values(const RecurrentResult& result) {
  NamedTensors found = {{"output", result.output.value()}};
  for (const Variable& state : result.state.values)
    if (state.defined()) found.emplace_back("state", state.value());
  return found;
}

class RecurrentSequenceBits : public testing::TestWithParam<RecurrentCase> {
 protected:
  const test::Threads scope_{1};
  const RecurrentCase& row_ = GetParam();
  const Recurrent layer_ = test::make_recurrent_layer(row_, DType::f32);
  const test::RecurrentInput input_ = test::make_input(row_, DType::f32);
};

TEST_P(RecurrentSequenceBits, RememberedForGradientsOrNot) {
  const RecurrentResult remembered = layer_.run(input_.x, input_.state);
  const NoGrad off;
  const RecurrentResult forgotten = layer_.run(input_.x, input_.state);
  EXPECT_EQ(test::first_difference(values(remembered), values(forgotten)), "") << test::reproduce();
}

TEST_P(RecurrentSequenceBits, CutInTwo) {
  const NoGrad off;
  const RecurrentResult whole = layer_.run(input_.x, input_.state);
  for (int cut = 1; cut < row_.steps; ++cut) {
    const RecurrentResult first = layer_.run(slice(input_.x, 0, 0, cut), input_.state);
    RecurrentResult second = layer_.run(slice(input_.x, 0, cut, row_.steps), first.state);
    second.output = concat({first.output, second.output}, 0);
    EXPECT_EQ(test::first_difference(values(whole), values(second)), "")
        << "cut at " << cut << "; " << test::reproduce();
  }
}

TEST_P(RecurrentSequenceBits, StepByStep) {
  const NoGrad off;
  const RecurrentResult whole = layer_.run(input_.x, input_.state);
  RecurrentStream stream(layer_, row_.batch);
  stream.set_state(input_.state);
  RecurrentResult steps = {Variable(Tensor(whole.output.shape())), {}};
  const int64_t in = int64_t{row_.batch} * row_.options.input_size;
  const int64_t out = int64_t{row_.batch} * layer_.output_size(0);
  for (int t = 0; t < row_.steps; ++t)
    stream.step(input_.x.value().data<float>() + t * in,
                steps.output.value().data<float>() + t * out);
  steps.state = stream.state();
  EXPECT_EQ(test::first_difference(values(whole), values(steps)), "") << test::reproduce();

  // A stream taken up from its state goes on as if it had not been put down.
  RecurrentStream other(layer_, row_.batch);
  other.set_state(whole.state);
  Tensor a({out}), b({out});
  stream.step(input_.x.value().data<float>(), a.data<float>());
  other.step(input_.x.value().data<float>(), b.data<float>());
  EXPECT_EQ(test::first_difference(a, b), "") << test::reproduce();
  other.reset();
  other.step(input_.x.value().data<float>(), b.data<float>());
  const RecurrentResult fresh = layer_.run(slice(input_.x, 0, 0, 1));
  EXPECT_EQ(test::first_difference(fresh.output.value().reshape({out}), b), "")
      << test::reproduce();
}

TEST_P(RecurrentSequenceBits, BatchFirst) {
  RecurrentOptions options = row_.options;
  options.batch_first = true;
  Generator generator(99);
  Recurrent other(options, generator);
  other.load_state(layer_.state());
  const NoGrad off;
  const RecurrentResult sequence_first = layer_.run(input_.x, input_.state);
  RecurrentResult batch_first = other.run(transpose(input_.x, 0, 1), input_.state);
  batch_first.output = transpose(batch_first.output, 0, 1);
  EXPECT_EQ(test::first_difference(values(sequence_first), values(batch_first)), "")
      << test::reproduce();
}

TEST_P(RecurrentSequenceBits, LastOutputIsTheLastOfAll) {
  RecurrentOptions options = row_.options;
  options.outputs = Outputs::last;
  Generator generator(99);
  Recurrent other(options, generator);
  other.load_state(layer_.state());
  const NoGrad off;
  RecurrentResult all = layer_.run(input_.x, input_.state);
  all.output = select(all.output, 0, -1);
  const RecurrentResult last = other.run(input_.x, input_.state);
  EXPECT_EQ(test::first_difference(values(all), values(last)), "") << test::reproduce();
}

// Sums of negative zeros: a chain that began with one would keep the sign.
TEST(RecurrentStreamBits, ZerosKeepTheirSign) {
  for (RecurrentCase& row : test::for_every_cell({{"plain", [](RecurrentCase&) {}}})) {
    Recurrent layer = test::make_recurrent_layer(row, DType::f32);
    NamedTensors state = layer.state();
    for (auto& [name, tensor] : state) tensor.fill(name.rfind("bias", 0) == 0 ? -0.0 : -0.5);
    layer.load_state(state);
    const NoGrad off;
    const Tensor x({1, 1, row.options.input_size});
    const Tensor whole = layer.run(Variable(x)).output.value();
    Tensor step(whole.shape());
    RecurrentStream(layer).step(x.data<float>(), step.data<float>());
    EXPECT_EQ(test::first_difference(whole, step), "") << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentSequenceBits, testing::ValuesIn(sequence_cases()),
                         [](const auto& row) { return row.param.name; });

// What a stream carries besides h and c: zoneout's mean, a clock's time, h of another size.
TEST(RecurrentStreamBits, WithZoneoutClocksAndProjections) {
  for (int which = 0; which < 3; ++which) {
    RecurrentCase row;
    set_sizes(row, 3, 7, 2, 21);
    row.options.num_layers = 2;
    if (which == 0) row.options.dropout.zoneout_hidden = row.options.dropout.zoneout_cell = 0.3;
    if (which == 1) row.options.structure = {1, {1, 2, 3}, 1, 0};
    if (which == 2) row.options.structure.projection = 6;
    Recurrent layer = test::make_recurrent_layer(row, DType::f32);
    layer.eval();
    const int width = layer.output_size(2);
    const Variable x(test::draw({7, 3, 2}, DType::f32, 3));
    const RecurrentResult whole = layer.run(x);
    const RecurrentResult first = layer.run(slice(x, 0, 0, 3));
    const RecurrentResult second = layer.run(slice(x, 0, 3, 7), first.state);
    EXPECT_EQ(test::first_difference(second.output.value(), slice(whole.output, 0, 3, 7).value()),
              "")
        << which;
    RecurrentStream stream(layer, 3);
    Tensor y({3, width});
    for (int t = 0; t < 7; ++t) {
      stream.step(x.value().data<float>() + t * 6, y.data<float>());
      EXPECT_EQ(
          test::first_difference(y, slice(whole.output, 0, t, t + 1).value().reshape({3, width})),
          "")
          << which << " step " << t;
    }
    for (size_t k = 0; k < 2; ++k)
      EXPECT_EQ(
          test::first_difference(stream.state().values[k].value(), whole.state.values[k].value()),
          "")
          << which;
  }
}

}  // namespace
}  // namespace sluice
