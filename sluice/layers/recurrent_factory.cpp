// A recurrent layer from a recipe's options.
#include <cmath>

#include "sluice/layers/recurrent.h"

namespace sluice {

namespace {

CellSwitches::Activation activation(const Options& o, const std::string& key,
                                    const std::string& initial) {
  return o.get_choice(key, initial, {"tanh", "relu"}) == "relu" ? CellSwitches::Activation::relu
                                                                : CellSwitches::Activation::tanh;
}

CellSwitches switches(const Options& o) {
  CellSwitches s;
  s.activation = activation(o, "activation", "tanh");
  s.output_activation = activation(o, "output_activation", o.get_string("activation", "tanh"));
  const std::string gate = o.get_choice("recurrent_activation", "sigmoid",
                                        {"sigmoid", "hard_sigmoid", "hard_sigmoid_keras2"});
  if (gate == "hard_sigmoid") s.gate = CellSwitches::Gate::hard_sigmoid;
  if (gate == "hard_sigmoid_keras2") s.gate = CellSwitches::Gate::hard_sigmoid_keras2;
  s.update_sign = o.get_choice("update_gate", "keep", {"keep", "replace"}) == "replace";
  return s;
}

}  // namespace

std::unique_ptr<Module> make_recurrent(const std::string& cell, const Options& o, int input_size,
                                       Generator& generator) {
  RecurrentOptions r;
  r.cell = cell;
  r.input_size = input_size;
  r.hidden_size = o.get_int("hidden_size", 32);
  r.num_layers = o.get_int("num_layers", 1);
  const std::string direction =
      o.get_choice("direction", "forward", {"forward", "reverse", "both"});
  r.direction = direction == "both"      ? DirectionOf::both
                : direction == "reverse" ? DirectionOf::reverse
                                         : DirectionOf::forward;
  r.batch_first = true;
  r.outputs =
      o.get_choice("outputs", "last", {"last", "all"}) == "all" ? Outputs::all : Outputs::last;
  r.padded_output = o.get_choice("padded_output", "zero", {"zero", "hold"}) == "hold"
                        ? PaddedOutput::hold
                        : PaddedOutput::zero;
  r.switches = switches(o);
  r.initialization = o.get_choice("initialization", "pytorch", {"pytorch", "keras"});
  const bool one = r.initialization == "keras" && cell != "gru";
  r.biases = o.get_int("biases", one ? 1 : 2);
  r.forget_bias = o.get_double("forget_bias", std::nan(""));
  return std::make_unique<Recurrent>(r, generator);
}

}  // namespace sluice
