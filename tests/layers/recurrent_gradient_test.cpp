// The tape's gradients of every cell in every mode against difference quotients, in double.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "recurrent_case.h"
#include "sluice/autograd/gradient_check.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;
using Activation = CellSwitches::Activation;
using Gate = CellSwitches::Gate;

void use_relu(RecurrentCase& row) {
  row.options.switches.activation = row.options.switches.output_activation = Activation::relu;
  row.options.num_layers = 2;
  row.given_state = true;
}

void use_hard_gate(RecurrentCase& row, Gate gate) {
  row.options.switches.gate = gate;
  row.options.num_layers = 2;
  row.given_state = true;
}

void use_clip(RecurrentCase& row, Activation activation, Gate gate) {
  row.options.switches.activation = activation;
  row.options.switches.gate = gate;
  row.options.switches.clip = 2;
  row.options.num_layers = 2;
  row.given_state = true;
}

void hold(RecurrentCase& row, Ragged ragged) {
  row.options.padded_output = PaddedOutput::hold;
  row.ragged = ragged;
  row.given_state = true;
}

// hidden_size 5 fills no vector, 8 fills vectors of two, four and eight doubles.
std::vector<RecurrentCase> gradient_cases() {
  return test::for_every_cell({
      {"plain", [](RecurrentCase&) {}},
      {"whole_vectors", [](RecurrentCase& row) { row.options.hidden_size = 8; }},
      {"one_of_each",
       [](RecurrentCase& row) {
         row.options.input_size = row.options.hidden_size = row.batch = row.steps = 1;
       }},
      {"batch_first", [](RecurrentCase& row) { row.options.batch_first = true; }},
      {"stacked", [](RecurrentCase& row) { row.options.num_layers = 3; }},
      {"reverse", [](RecurrentCase& row) { row.options.direction = DirectionOf::reverse; }},
      {"both", [](RecurrentCase& row) { row.options.direction = DirectionOf::both; }},
      {"both_half_a_vector",  // of 512 bits: both directions' outputs fill one
       [](RecurrentCase& row) {
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.options.hidden_size = 4;
         row.batch = 2;
         row.steps = 3;
       }},
      {"both_half_a_vector_of_256_bits",
       [](RecurrentCase& row) {
         row.options.direction = DirectionOf::both;
         row.options.hidden_size = 2;
       }},
      {"both_stacked_whole_vectors_state",
       [](RecurrentCase& row) {
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.options.hidden_size = 8;
         row.batch = 2;
         row.steps = 3;
         row.given_state = true;
       }},
      {"ragged_right", [](RecurrentCase& row) { row.ragged = Ragged::right; }},
      {"ragged_left", [](RecurrentCase& row) { row.ragged = Ragged::left; }},
      {"ragged_right_whole_vectors_batch_first",
       [](RecurrentCase& row) {
         row.ragged = Ragged::right;
         row.options.hidden_size = 8;
         row.options.batch_first = true;
       }},
      {"ragged_right_both_stacked_state",
       [](RecurrentCase& row) {
         row.ragged = Ragged::right;
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.given_state = true;
       }},
      {"ragged_left_reverse_state",
       [](RecurrentCase& row) {
         row.ragged = Ragged::left;
         row.options.direction = DirectionOf::reverse;
         row.given_state = true;
       }},
      {"gaps", [](RecurrentCase& row) { row.ragged = Ragged::gaps; }},
      {"gaps_both_state",
       [](RecurrentCase& row) {
         row.ragged = Ragged::gaps;
         row.options.direction = DirectionOf::both;
         row.steps = 5;
         row.given_state = true;
       }},
      {"hold_gaps", [](RecurrentCase& row) { hold(row, Ragged::gaps); }},
      {"state", [](RecurrentCase& row) { row.given_state = true; }},
      {"last", [](RecurrentCase& row) { row.options.outputs = Outputs::last; }},
      {"none_both_ragged",
       [](RecurrentCase& row) {
         row.options.outputs = Outputs::none;
         row.options.direction = DirectionOf::both;
         row.ragged = Ragged::right;
         row.given_state = true;
       }},
      {"last_both_ragged_stacked",
       [](RecurrentCase& row) {
         row.options.outputs = Outputs::last;
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.ragged = Ragged::right;
       }},
      {"hold_right", [](RecurrentCase& row) { hold(row, Ragged::right); }},
      {"hold_left", [](RecurrentCase& row) { hold(row, Ragged::left); }},
      {"hold_both_stacked",
       [](RecurrentCase& row) {
         hold(row, Ragged::right);
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
       }},
      {"no_bias", [](RecurrentCase& row) { row.options.biases = 0; }},
      {"one_bias", [](RecurrentCase& row) { row.options.biases = 1; }},
      {"relu", use_relu},
      {"relu_inside_only",
       [](RecurrentCase& row) { row.options.switches.activation = Activation::relu; }},
      {"hard_sigmoid", [](RecurrentCase& row) { use_hard_gate(row, Gate::hard_sigmoid); }},
      {"hard_sigmoid_keras2",
       [](RecurrentCase& row) { use_hard_gate(row, Gate::hard_sigmoid_keras2); }},
      {"clip", [](RecurrentCase& row) { use_clip(row, Activation::tanh, Gate::sigmoid); }},
      {"clip_relu_hard_sigmoid",
       [](RecurrentCase& row) { use_clip(row, Activation::relu, Gate::hard_sigmoid); }},
      {"update_gate_replace",
       [](RecurrentCase& row) {
         row.options.switches.update_sign = true;
         row.given_state = true;
       }},
      {"slices",
       [](RecurrentCase& row) {
         row.batch = 33;
         row.steps = 2;
         row.options.hidden_size = 3;
         row.ragged = Ragged::right;
       }},
  });
}

bool has_kinks(const Recurrent& layer) {
  const CellSwitches& s = layer.options().switches;
  return layer.cell().uses.kinks || s.activation == Activation::relu || s.gate != Gate::sigmoid ||
         s.clip != 0;
}

/// Weights so small that a pre-activation stays near its bias, and biases far from the kinks of
/// relu and `positive` (0), of the hard sigmoids (±3, ±2.5) and of clip (±2), on every side of
/// them.
void stay_off_kinks(Recurrent& layer) {
  const CellSwitches& switches = layer.options().switches;
  const bool relu =
      (layer.cell().uses.kinks || switches.activation == Activation::relu) && switches.clip == 0;
  const std::array<double, 5> for_relu = {0.9, -0.9, 1.3, -1.1, 1.0};
  const std::array<double, 5> for_gates = {0.8, -0.7, 4.4, -4.2, 1.5};
  const std::array<double, 5>& levels = relu ? for_relu : for_gates;
  NamedTensors state = layer.state();
  for (auto& [name, tensor] : state) {
    const bool bias = name.rfind("bias", 0) == 0;
    tensor = test::draw(tensor.shape(), DType::f64, 31, bias ? 0.02 : 0.2 / (2 + 5));
    if (name.rfind("bias_ih", 0) != 0) continue;
    for (int64_t i = 0; i < tensor.numel(); ++i)
      tensor.data<double>()[i] += levels[static_cast<size_t>((i + i / 5) % 5)];
  }
  layer.load_state(state);
}

/// relu of a negative cell is flat: the given states are kept above 0.
void keep_above_zero(RecurrentState& state) {
  for (Variable& s : state.values)
    for (int64_t i = 0; s.defined() && i < s.value().numel(); ++i) {
      double& number = s.value().data<double>()[i];
      number = std::abs(number) + 0.2;
    }
}

class RecurrentGradient : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentGradient, Double) {
  const RecurrentCase& row = GetParam();
  const test::Threads scope(1);
  Recurrent layer = test::make_recurrent_layer(row, DType::f64);
  test::RecurrentInput input = test::make_input(row, DType::f64);
  if (has_kinks(layer)) {
    stay_off_kinks(layer);
    keep_above_zero(input.state);
  }
  std::vector<Variable> leaves = layer.parameters();
  leaves.push_back(input.x);
  for (size_t k = 0; k < layer.cell().states.size(); ++k)
    if (input.state.values[k].defined() && layer.cell().reads_state[k])
      leaves.push_back(input.state.values[k]);
  const std::vector<double*> unused = test::unused_places(layer);
  const auto run = [&] {
    for (double* place : unused) *place = 0;
    return test::joined(layer.run(input.x, input.state, input.padding));
  };
  const GradientCheck check = check_gradients(run, leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where << ": analytic " << check.analytic << ", numeric "
                                   << check.numeric << "; " << test::reproduce();
  // A check of nothing would pass too. Small weights leave little; one step of one unit may be a
  // relu that rests, and its peepholes see a cell of zero.
  if (row.steps == 1) return;
  for (const Variable& leaf : leaves) {
    double largest = 0;
    for (int64_t i = 0; i < leaf.value().numel(); ++i)
      largest = std::max(largest, std::abs(leaf.grad().item(i)));
    EXPECT_GT(largest, has_kinks(layer) ? 1e-6 : 1e-4)
        << leaf.shape().to_string() << "; " << test::reproduce();
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentGradient, testing::ValuesIn(gradient_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
