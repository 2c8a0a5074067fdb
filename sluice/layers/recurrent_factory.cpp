// A recurrent layer from a recipe's options.
#include <algorithm>
#include <cmath>

#include "sluice/layers/recurrent.h"

namespace sluice {

namespace {

CellSwitches::Activation activation(const Options& o, const std::string& key,
                                    const std::string& initial) {
  return o.get_choice(key, initial, {"tanh", "relu"}) == "relu" ? CellSwitches::Activation::relu
                                                                : CellSwitches::Activation::tanh;
}

bool has_forget_gate(const CellInfo& info) {
  return std::any_of(info.gates.begin(), info.gates.end(),
                     [](const GateInfo& gate) { return gate.name == "f" && gate.biased; });
}
bool has_peepholes(const CellInfo& info) {
  return std::any_of(info.units.begin(), info.units.end(),
                     [](const UnitInfo& unit) { return unit.name.starts_with("peephole_"); });
}

/// Asks for what the cell's equations have a use for; other keys are then refused.
CellSwitches switches(const Options& o, const CellUses& uses) {
  CellSwitches s;
  if (uses.activation) s.activation = activation(o, "activation", "tanh");
  if (uses.output_activation)
    s.output_activation = activation(o, "output_activation",
                                     uses.activation ? o.get_string("activation", "tanh") : "tanh");
  if (uses.gate) {
    const std::string gate = o.get_choice("recurrent_activation", "sigmoid",
                                          {"sigmoid", "hard_sigmoid", "hard_sigmoid_keras2"});
    if (gate == "hard_sigmoid") s.gate = CellSwitches::Gate::hard_sigmoid;
    if (gate == "hard_sigmoid_keras2") s.gate = CellSwitches::Gate::hard_sigmoid_keras2;
  }
  if (uses.keep)
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
  const CellInfo& info = find_cell(cell).info;
  r.switches = switches(o, info.uses);
  r.initialization = o.get_choice("initialization", "pytorch", {"pytorch", "keras"});
  const bool one = r.initialization == "keras" && cell != "gru";
  r.biases = o.get_int("biases", one ? 1 : 2);
  if (has_forget_gate(info)) r.forget_bias = o.get_double("forget_bias", std::nan(""));
  if (has_peepholes(info)) r.peepholes = o.get_string("peepholes", "ifo");
  return std::make_unique<Recurrent>(r, generator);
}

std::vector<OptionDoc> recurrent_options(const std::string& cell) {
  const CellInfo& info = find_cell(cell).info;
  std::vector<OptionDoc> options = {{"hidden_size", "32", "units H"},
                                    {"num_layers", "1", "layers on top of each other"},
                                    {"direction", "forward", "forward, reverse or both"},
                                    {"outputs", "last", "last step or all"}};
  const auto add = [&](bool wanted, const OptionDoc& doc) {
    if (wanted) options.push_back(doc);
  };
  add(info.uses.activation, {"activation", "tanh", "of the candidate: tanh or relu"});
  add(info.uses.output_activation,
      {"output_activation", info.uses.activation ? "as activation" : "tanh",
       "of the cell on its way out: tanh or relu"});
  add(info.uses.gate,
      {"recurrent_activation", "sigmoid",
       "of the gates: sigmoid, hard_sigmoid (x/6 + 1/2) or hard_sigmoid_keras2 (x/5 + 1/2)"});
  add(info.uses.keep,
      {"update_gate", "keep", "what z multiplies, the old state (keep) or the new (replace)"});
  add(has_peepholes(info), {"peepholes", "ifo", "the gates that have one, of those that can"});
  add(has_forget_gate(info),
      {"forget_bias", "as initialization", "the forget gate's bias at the start"});
  options.push_back({"biases", "2", "bias vectors a gate: 2, 1 or 0"});
  options.push_back({"padded_output", "zero", "output behind a short row: zero or hold"});
  options.push_back({"initialization", "pytorch", "pytorch or keras"});
  return options;
}

}  // namespace sluice
