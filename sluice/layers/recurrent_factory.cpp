// A recurrent layer from a recipe's options.
#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/recurrent_body.h"
#include "sluice/layers/sequential.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {

namespace {

CellSwitches::Activation activation(const Options& o, const std::string& key,
                                    const std::string& initial) {
  return o.get_choice(key, initial, {"tanh", "relu"}) == "relu" ? CellSwitches::Activation::relu
                                                                : CellSwitches::Activation::tanh;
}

RecurrentDropout dropout(const Options& o, const CellInfo& info) {
  RecurrentDropout d;
  d.input = o.get_double("variational_input", 0);
  d.hidden = o.get_double("variational_hidden", 0);
  d.tied = o.get_choice("variational_mask", "tied", {"tied", "untied"}) == "tied";
  if (info.uses.dropped_update) {
    d.update = o.get_double("update_dropout", 0);
    d.update_each_step = o.get_choice("update_mask", "step", {"step", "sequence"}) == "step";
  }
  if (info.uses.dropped_cell) d.cell = o.get_double("cell_dropout", 0);
  d.weights = o.get_double("weight_dropout", 0);
  d.weight_rows = o.get_choice("weight_mask", "number", {"number", "row"}) == "row";
  d.zoneout_hidden = o.get_double("zoneout_hidden", 0);
  if (info.states.size() > 1) d.zoneout_cell = o.get_double("zoneout_cell", 0);
  return d;
}

bool has_forget_gate(const CellInfo& info) {
  return std::any_of(info.gates.begin(), info.gates.end(),
                     [](const GateInfo& gate) { return gate.name == "f" && gate.biased; });
}
bool has_peepholes(const CellInfo& info) {
  return std::any_of(info.units.begin(), info.units.end(),
                     [](const UnitInfo& unit) { return unit.name.starts_with("peephole_"); });
}

bool starts_as_xlstm(const std::string& cell) { return initializations_of(cell).back() == "xlstm"; }

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
  if (uses.gate || uses.activation) s.clip = o.get_double("clip", 0);
  if (uses.keep)
    s.update_sign = o.get_choice("update_gate", "keep", {"keep", "replace"}) == "replace";
  return s;
}

Outputs outputs(const Options& o) {
  if (o.get_string("outputs", "last") == "none")
    fail_config("layer.stack", "outputs", "none leaves the layer after this one without an input",
                "write outputs: last; a program that wants the states alone calls run()");
  return o.get_choice("outputs", "last", {"last", "all"}) == "all" ? Outputs::all : Outputs::last;
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
  r.outputs = outputs(o);
  r.padded_output = o.get_choice("padded_output", "zero", {"zero", "hold"}) == "hold"
                        ? PaddedOutput::hold
                        : PaddedOutput::zero;
  const CellInfo& info = find_cell(cell).info;
  r.switches = switches(o, info.uses);
  r.initialization = o.get_choice("initialization", "pytorch", initializations_of(cell));
  if (starts_as_xlstm(cell)) {
    r.block_index = o.get_int("block_index", 0);
    r.num_blocks = o.get_int("num_blocks", 0);
  }
  const bool one = r.initialization != "pytorch" && cell != "gru";
  r.biases = o.get_int("biases", one ? 1 : 2);
  r.dropout = dropout(o, info);
  r.segment = o.get_int("segment", 0);
  r.structure = {o.get_int("heads", 1), o.get_ints("periods", {}), o.get_int("first_step", 0), 0};
  if (!info.reads_h_itself && info.messages.empty() && info.below == 0)
    r.structure.projection = o.get_int("projection_size", 0);
  if (has_forget_gate(info)) r.forget_bias = o.get_double("forget_bias", std::nan(""));
  if (has_peepholes(info)) r.peepholes = o.get_string("peepholes", "ifo");
  if (info.below == 0 || !info.lowest.empty()) return make_stacked(r, o, generator);
  // The input becomes an h and an m for each dimension that the cell does not remember itself.
  r.input_size = 2 * info.below * r.hidden_size;
  LinearOptions projection;
  projection.input_size = input_size;
  projection.output_size = r.input_size;
  projection.initialization = r.initialization;
  auto model = std::make_unique<Sequential>();
  model->push_back(std::make_unique<Linear>(projection, generator));
  model->push_back(make_stacked(r, o, generator));
  return model;
}

namespace {

void add_dropout_options(const CellInfo& info, std::vector<OptionDoc>& options) {
  options.push_back({"variational_input", "0", "rate of a mask on x, the same at every step"});
  options.push_back(
      {"variational_hidden", "0", "rate of a mask on h before its matrix, the same at every step"});
  options.push_back({"variational_mask", "tied",
                     "one mask of x and one of h for all gates (tied) or for each (untied)"});
  if (info.uses.dropped_update) {
    options.push_back({"update_dropout", "0", "rate of a mask on what is added to the state"});
    options.push_back({"update_mask", "step", "drawn for each step or sequence"});
  }
  if (info.uses.dropped_cell)
    options.push_back({"cell_dropout", "0", "rate of a mask on the new cell, for the sequence"});
  options.push_back({"weight_dropout", "0", "rate of a mask on the recurrent matrix"});
  options.push_back({"weight_mask", "number", "which takes single numbers or rows: number or row"});
  options.push_back({"zoneout_hidden", "0", "how often a unit keeps its h"});
  if (info.states.size() > 1)
    options.push_back({"zoneout_cell", "0", "how often a unit keeps its other states"});
}

void add_initialization_options(const std::string& cell, std::vector<OptionDoc>& options) {
  if (!starts_as_xlstm(cell)) {
    options.push_back({"initialization", "pytorch", "pytorch or keras"});
    return;
  }
  options.push_back({"initialization", "pytorch",
                     "pytorch, keras or xlstm, as the authors' code: recurrent weights 0, forget "
                     "biases from 5 to -7 within every head"});
  options.push_back({"block_index", "0", "for xlstm: which of the model's blocks this is, from 0"});
  options.push_back({"num_blocks", "num_layers", "for xlstm: how many blocks the model has"});
}

}  // namespace

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
  add(info.uses.gate || info.uses.activation,
      {"clip", "0",
       "bound of what goes into a gate or the candidate, on either side of 0; 0: none"});
  add(info.uses.keep,
      {"update_gate", "keep", "what z multiplies, the old state (keep) or the new (replace)"});
  add(has_peepholes(info), {"peepholes", "ifo", "the gates that have one, of those that can"});
  add(has_forget_gate(info),
      {"forget_bias", "as initialization", "the forget gate's bias at the start"});
  for (const OptionDoc& doc : stacking_options()) options.push_back(doc);
  add_dropout_options(info, options);
  options.push_back({"heads", "1", "blocks of units that read themselves alone"});
  options.push_back({"periods", info.periods.empty() ? "none" : "1,2,4,8",
                     "clocks of as many modules of units: at which steps they move"});
  options.push_back({"first_step", "0", "the number that clocks give a row's first step"});
  add(!info.reads_h_itself && info.messages.empty() && info.below == 0,
      {"projection_size", "0", "units of h, made of the cell's by a matrix; 0: as they are"});
  options.push_back({"segment", "0",
                     "steps between the states kept while training; the rest is computed again "
                     "going back; 0: all are kept"});
  options.push_back({"biases", "2", "bias vectors a gate: 2, 1 or 0"});
  options.push_back({"padded_output", "zero", "output behind a short row: zero or hold"});
  add_initialization_options(cell, options);
  return options;
}

}  // namespace sluice
